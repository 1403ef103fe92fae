// wasi:cli, wasi:clocks and wasi:random of 0.3, used as their WIT says: tasks HOW …
import { getArguments, getEnvironment } from "wasi:cli/environment@0.3.0";
import { exit, exitWithCode } from "wasi:cli/exit@0.3.0";
import { writeViaStream as writeErrors } from "wasi:cli/stderr@0.3.0";
import { readViaStream } from "wasi:cli/stdin@0.3.0";
import { writeViaStream } from "wasi:cli/stdout@0.3.0";
import { getResolution, now, waitFor, waitUntil } from "wasi:clocks/monotonic-clock@0.3.0";
import { now as time } from "wasi:clocks/system-clock@0.3.0";
import { getRandomBytes, getRandomU64 } from "wasi:random/random@0.3.0";

const MS = 1_000_000;
const bytesOf = text => Uint8Array.from(text, letter => letter.charCodeAt(0));
const textOf = bytes => Array.from(bytes, byte => String.fromCharCode(byte)).join("");

/** Writes all of it by a stream of its own: how the stream ended. */
async function print(text, write = writeViaStream) {
	const { readable, writable } = wit.Stream(wit.Stream.U8);
	const ended = write(readable);
	await writable.writeAll(bytesOf(text));
	writable.drop();
	return JSON.stringify(await ended.read());
}

/** What a stream gives, read in parts of `most` bytes. */
async function readAll(stream, most) {
	let text = "";
	for (let part; (part = await stream.read(most)).length > 0;)
		text += textOf(part);
	return text;
}

const ways = {
	async print(...words) {
		const ended = await print(`${words.join(" ")}\n`);
		await print(`${ended}\n`, writeErrors);
	},

	async environment() {
		await print(`${JSON.stringify(getEnvironment())}\n`);
	},

	/* Each part comes back in capitals while more may come. */
	async capitals(most) {
		const [input, ended] = readViaStream(), { readable, writable } = wit.Stream(wit.Stream.U8);
		const printed = writeViaStream(readable);
		for (let part; (part = await input.read(Number(most))).length > 0;)
			await writable.writeAll(bytesOf(textOf(part).toUpperCase()));
		writable.drop();
		input.drop();
		await print(JSON.stringify([await ended.read(), await printed.read()]), writeErrors);
	},

	/* What it gets it passes on as it is: no byte comes into it. */
	async through() {
		const [input, ended] = readViaStream();
		await print(JSON.stringify([await writeViaStream(input).read(), await ended.read()]), writeErrors);
	},

	/* So many bytes, in parts of 256 KiB. */
	async flood(bytes) {
		const { readable, writable } = wit.Stream(wit.Stream.U8), ended = writeViaStream(readable);
		const part = Uint8Array.from({ length: 256 << 10 }, (_, i) => 33 + i % 90);
		for (let left = Number(bytes); left > 0; left -= part.length)
			await writable.writeAll(part.subarray(0, Math.min(left, part.length)));
		writable.drop();
		await ended.read();
	},

	/* Four at once. */
	async clocks() {
		const ended = [], begun = now();
		const waits = async (name, until) => {
			await until;
			ended.push(name);
		};
		await Promise.all([waits("longest", waitFor(30 * MS)), waits("shortest", waitFor(5 * MS)), waits("past", waitUntil(begun - 1)),
			waits("middle", waitUntil(begun + 10 * MS))]);
		const took = now() - begun, { seconds } = time();
		await print(`${ended.sort().join(" ")} ${took >= 30 * MS} ${seconds > 1_700_000_000} ${getResolution() > 0}\n`);
	},

	/* Stdin or a clock of so many ms, what comes first. */
	async either(ms) {
		const [input] = readViaStream(), first = input.read(100);
		const which = await Promise.race([first.then(textOf), waitFor(Number(ms) * MS).then(() => "clock")]);
		await print(`${which}\n`);
		exitWithCode(3); // it would wait for both
	},

	async random() {
		const [one, other] = [getRandomBytes(1000), getRandomBytes(1000)];
		await print(`${one.length} ${textOf(one) !== textOf(other)} ${new Set(one).size > 100} ${getRandomU64() !== getRandomU64()}\n`);
	},

	/* From one of its own tasks to another, a few bytes at a time. */
	async within() {
		const { readable, writable } = wit.Stream(wit.Stream.U8);
		const read = readAll(readable, 3);
		for (const part of ["to be ", "or not", " to be"])
			await writable.writeAll(bytesOf(part));
		writable.drop();
		await print(`${await read}\n`);
	},

	/* Nobody reads it. */
	async unread() {
		const { readable, writable } = wit.Stream(wit.Stream.U8);
		readable.drop();
		await print(`${await writable.write(bytesOf("x"))}\n`);
		writable.drop();
	},

	async exit(code) {
		await print("before\n");
		exitWithCode(Number(code));
	},

	async fails() {
		await print("before\n");
		exit({ tag: "err" });
	},

	async throws() {
		await print("before\n");
		throw undefined;
	},
};

export const run = {
	async run() {
		const [, how, ...rest] = getArguments();
		await ways[how](...rest);
	},
};
