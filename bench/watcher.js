// A debugger that reads everything and keeps nothing, in a thread of bench/watch.js.
import { parentPort, workerData } from "node:worker_threads";

import { Debugger } from "../tests/gateway/debugger.js";

const debug = await (await Debugger.claimLink(workerData)).hello();
setInterval(() => debug.frames.splice(0), 100);
parentPort.postMessage("attached");
