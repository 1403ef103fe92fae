// Imports of records.wasm, in the program's worker: tells the page after each write.
const channel = new BroadcastChannel("wrote");

export default { test: { wrote: (records) => channel.postMessage(records) } };
