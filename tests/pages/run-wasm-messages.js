// What run-wasm and its page say to each other: the first byte of each WebSocket message; the rest is its content.
export const TO_PAGE = { start: 1, stdin: 2, stdinEnd: 3 };
export const FROM_PAGE = { stdout: 1, stderr: 2, wantsStdin: 3, ended: 4 };
