// One hostile page in a thread of its own, so that what it costs to play it keeps nobody else from being asked. It stays, deaf or waiting,
// until it is terminated.
import { parentPort, workerData } from "node:worker_threads";

import { Session } from "./client.js";
import { attacks } from "./hostile-clients.js";
import "../testing.js"; // the global `crypto`, in Node 18

const { name, size, session } = workerData;
await attacks[name](Object.assign(new Session(), session), size).catch(() => {}); // it may be thrown out at any time
parentPort.postMessage("sent");
setInterval(() => {}, 1 << 30);
