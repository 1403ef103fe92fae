/* The program's side of shared-batch.test.js, in a thread of its own: writes numbered calls through a real pipeline, as imports do. */
import { parentPort, workerData } from "node:worker_threads";

import { SharedBatch } from "../../static/shim/base/shared-batch.js";
import { BATCH, CALL } from "../../static/shim/base/codec.js";
import { Clocks } from "../../static/shim/cache/local.js";
import { Pipeline } from "../../static/shim/program/pipeline.js";
import { NUMBERS } from "../../static/shim/base/syscalls.js";
import { welcome } from "./guest.js";

const FULL = 1 << 20;
const { shared, calls, seed } = workerData;
let state = seed;
const random = below => ((state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 12) % below; // the low bits repeat soon

const pipeline = new Pipeline(new Clocks(welcome), welcome.bounds);
pipeline.share(new SharedBatch(shared, () => parentPort.postMessage({ armed: true })));
const send = flags => parentPort.postMessage({ batch: pipeline.seal(flags).bytes });

/* A write whose bytes are its number, again and again; sometimes lengthened by a later import, as a run of writes is. Sometimes an idle call is between, and
 * most of those are taken back. */
let number = 0, last = null, idle = 0;
while (number < calls && !pipeline.lost) {
	pipeline.hold();
	const { writer } = pipeline;
	const length = 4 * (1 + random(40));
	if (last !== null && last.sequence === pipeline.sequence && writer.endsWith(last.count, last.at)) {
		writer.lengthen(last.lengthAt, length);
	} else {
		pipeline.call(NUMBERS.fd_write, CALL.QUIET, null);
		writer.u32(7);
		writer.u64(0);
		last = { lengthAt: writer.at, sequence: pipeline.sequence };
		writer.u32(length);
		last.count = writer.count;
	}
	number++;
	const room = writer.room(length);
	const view = new DataView(room.buffer, room.byteOffset);
	for (let at = 0; at < length; at += 4)
		view.setUint32(at, number, true);
	last.at = writer.at;
	if (random(50) === 0)
		last = null;
	if ((random(20) === 0 || writer.at > FULL) && !pipeline.lost) // more than may be gathered isn't offered
		send(random(4) === 0 ? BATCH.WAIT : 0);
	pipeline.release();
	for (let work = random(20_000); work > 0; work--);
	if (random(10) === 0 && !pipeline.lost) {
		const place = pipeline.place();
		pipeline.idleCall(NUMBERS.lease_open);
		writer.u32(number);
		writer.string("a".repeat(random(20)));
		writer.u32(number);
		writer.u32(number);
		place.end = writer.at;
		pipeline.release();
		for (let work = random(5000); work > 0; work--);
		if (random(10) === 0 || !pipeline.takeBack(place))
			idle++;
		pipeline.idleCall(NUMBERS.lease_drop).u32(number);
		idle++;
		number += pipeline.lost ? 1 : 0; // a call in which it learned of its end
	}
}
if (!pipeline.lost)
	pipeline.release(); // the last call may have been an idle one
parentPort.postMessage({ idle, done: number, lost: pipeline.lost !== null, unacknowledged: pipeline.sequence });
