// The page of the browsers' suite: what a test asks for, as JSON, becomes calls of the shim. Bytes cross as text, one character
// a byte (Latin-1), since that is all that WebDriver carries.
import * as wvwasi from "/_wvwasi/wvwasi.js";

const toBytes = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const toText = (bytes) => {
	let text = "";
	for (let at = 0; at < bytes.length; at += 32768)
		text += String.fromCharCode(...bytes.subarray(at, at + 32768));
	return text;
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** stdin as a test describes it: text, or { bytes }, { stream: […] }, { iterable: […] } (with fails: the message with which
 * it fails at its end), { live: true } (written to later). */
function makeStdin(stdin) {
	if (stdin?.bytes !== undefined)
		return toBytes(stdin.bytes);
	if (stdin?.stream) {
		const chunks = [...stdin.stream];
		return new ReadableStream({
			async pull(controller) {
				await pause(stdin.delay ?? 0);
				if (chunks.length)
					controller.enqueue(toBytes(chunks.shift()));
				else if (stdin.fails)
					controller.error(new RangeError(stdin.fails));
				else
					controller.close();
			},
		});
	}
	if (stdin?.iterable)
		return (async function* () {
			for (const chunk of stdin.iterable) {
				await pause(stdin.delay ?? 0);
				yield toBytes(chunk);
			}
			if (stdin.fails)
				throw new RangeError(stdin.fails);
		})();
	return stdin;
}

export function describeError(error) {
	const { name, message, stack, errno, code, call, unacknowledged } = error;
	const kind = ["GatewayLost", "NotPaired", "ProcessExit", "Refused", "WasiError"].find((each) => wvwasi[each] && error instanceof wvwasi[each]);
	return { name, message, stack, errno, code, call, unacknowledged, kind, constructor: error.constructor?.name };
}

const plain = (value) => JSON.parse(JSON.stringify(value, (_, item) => (typeof item === "bigint" ? Number(item) : item)));

const programs = new Map();

/** Starts a program and remembers it by a number; what it prints is gathered. */
async function start({ file, stdin, preopens, ...options }) {
	const id = programs.size + 1;
	const program = { stdout: "", stderr: "", ended: null };
	programs.set(id, program);
	const take = (stream) => (bytes) => {
		program[stream] += toText(bytes);
	};
	const child = await wvwasi.spawn(`/${file}`, {
		args: [file.split("/").pop()],
		...options,
		preopens: Array.isArray(preopens) ? Object.fromEntries(preopens) : preopens,
		...(stdin?.live ? {} : { stdin: makeStdin(stdin) ?? "" }),
		stdout: take("stdout"), stderr: take("stderr"),
	});
	program.child = child;
	child.exited.then((result) => plain({ ...result, stdout: program.stdout, stderr: program.stderr }),
		(error) => ({ error: describeError(error), stdout: program.stdout, stderr: program.stderr }))
		.then((ended) => {
			program.ended = ended;
		});
	return id;
}

async function ended(id, timeoutMs = 60_000) {
	const { child } = programs.get(id);
	await Promise.race([child.exited.catch(() => {}), pause(timeoutMs)]);
	await pause(0);
	return programs.get(id).ended ?? { timeout: true, stdout: programs.get(id).stdout, stderr: programs.get(id).stderr };
}

async function printed(id, text, timeoutMs = 20_000) {
	const program = programs.get(id);
	for (const until = Date.now() + timeoutMs; !program.stdout.includes(text); await pause(5))
		if (program.ended || Date.now() > until)
			throw new Error(`'${text}' was not printed: ${JSON.stringify(program.ended ?? program.stdout)}`);
	return program.stdout;
}

async function run(options) {
	try {
		return await ended(await start(options));
	} catch (error) {
		return { error: describeError(error) };
	}
}

window.suite = {
	wvwasi, start, ended, printed, run, describeError, toBytes, toText,
	write: (id, text) => programs.get(id).child.stdin.write(toBytes(text)),
	mark: (id) => programs.get(id).child.stdin.mark(),
	closeStdin: (id) => programs.get(id).child.stdin.close(),
	kill: (id) => programs.get(id).child.kill(),
	end: (id) => programs.get(id).ended,
	peek: (id) => programs.get(id).stdout,
};
