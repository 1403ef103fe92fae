//# allFunctionsCalledOnLoad
/* One wait, the same for all ways to wait: sends the batch, gets its answer, and gives the call's result, or asks again. Leaves to jspi.js, shared.js and
 * xhr.js how bytes travel. wait never throws: an error is kept in the pipeline, and the program ends. */
import { MISS, OVER } from "../base/trampoline.js";

/* What one wait waits for, one thing after the other: { ms } to sleep, or { bytes, flight } to exchange. Returns the call's result, or OVER. */
function* stepsOf(program) {
	const { pipeline } = program;
	if (program.leaves !== null)
		return OVER;
	program.output.flush();
	program.onwait?.();
	for (;;) {
		let result;
		if (program.sleepNs >= 0) {
			const { ns, finish } = takeSleep(program);
			program.leave();
			pipeline.release();
			yield { ms: ns / 1e6 };
			result = finish();
		} else {
			pipeline.stats.roundTrips++;
			const { bytes, flight, finish } = departure(program);
			if (!pipeline.lost)
				yield { bytes, flight };
			if (pipeline.lost)
				return OVER;
			program.output.flush();
			result = finish();
		}
		if (result !== MISS || program.isParked) {
			pipeline.release();
			return result;
		}
	}
}

/** For ways that block. exchange(bytes, flight) returns when the flight is answered or the pipeline lost; sleep(ms) returns later. */
export function blockingWait(program, exchange, sleep) {
	return () => {
		try {
			const steps = stepsOf(program);
			for (;;) {
				const { done, value } = steps.next();
				if (done)
					return value;
				if (value.flight)
					exchange(value.bytes, value.flight);
				else
					sleep(value.ms);
			}
		} catch (error) {
			program.pipeline.lose(error);
			return OVER;
		}
	};
}

/** For the way that suspends. exchange(bytes, flight) and sleep(ms) give promises. */
export function suspendingWait(program, exchange, sleep) {
	return async () => {
		try {
			const steps = stepsOf(program);
			for (;;) {
				const { done, value } = steps.next();
				if (done)
					return value;
				await (value.flight ? exchange(value.bytes, value.flight) : sleep(value.ms));
			}
		} catch (error) {
			program.pipeline.lose(error);
			return OVER;
		}
	};
}

/* What is waited for: the batch, or one that left before (bytes: null). */
function departure(program) {
	const { pipeline } = program;
	const { awaited, finish } = pipeline;
	pipeline.awaited = pipeline.finish = null;
	if (awaited === null) {
		const { bytes, flight } = program.seal();
		return { bytes, flight, finish };
	}
	program.leaveBeside();
	return { bytes: null, flight: awaited, finish };
}

function takeSleep(program) {
	const sleep = { ns: program.sleepNs, finish: program.pipeline.finish };
	program.sleepNs = -1;
	program.pipeline.finish = null;
	return sleep;
}
