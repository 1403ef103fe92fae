/* What code written for Node takes for granted: esbuild's --inject. */
import { Buffer } from "buffer";

const process = { env: {}, platform: "browser", stderr: null, nextTick: (fn, ...args) => queueMicrotask(() => fn(...args)) };

globalThis.Buffer = Buffer;
globalThis.process = process;
export { Buffer, process };
