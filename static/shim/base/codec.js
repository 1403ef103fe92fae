//# allFunctionsCalledOnLoad
/* Frames to bytes and back: docs/PROTOCOL.md for the page. The twin of the server's codec.c; tests/vectors/frames.json is read by
 * both. */
export * from "./bytes.js";
export * from "./decode.js";
export * from "./decode-leases.js";
export * from "./encode.js";
export * from "./frames.js";
