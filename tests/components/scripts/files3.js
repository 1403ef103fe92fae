// wasi:filesystem of 0.3, used as its WIT says, in the first folder that is granted. Prints `ok PROMISE` or `not ok PROMISE: what was`.
import { writeViaStream } from "wasi:cli/stdout@0.3.0";
import { getDirectories } from "wasi:filesystem/preopens@0.3.0";

const bytesOf = text => Uint8Array.from(text, letter => letter.charCodeAt(0));
const textOf = bytes => Array.from(bytes, byte => String.fromCharCode(byte)).join("");
const OK = { tag: "ok" };
const READS = { read: true }, WRITES = { read: true, write: true };
const NEW = { create: true, exclusive: true };

let failed = 0;
async function check(promise, was, wanted = true) {
	const same = JSON.stringify(was) === JSON.stringify(wanted);
	failed += same ? 0 : 1;
	await print(same ? `ok ${promise}\n` : `not ok ${promise}: ${JSON.stringify(was)}\n`);
}

/** Writes text by a stream; sink: a function that takes its readable end. Gives what its future gives. */
const send = (text, sink) => sink((async function* () {
	yield bytesOf(text);
})()).read();

const print = text => send(text, writeViaStream);

async function textIn([stream, ended], most = 70_000) {
	let text = "";
	for (let part; (part = await stream.read(most)).length > 0;)
		text += textOf(part);
	stream.drop();
	return { text, ended: await ended.read() };
}

async function namesIn([stream, ended], most) {
	const names = [];
	for (let part; (part = await stream.read(most)).length > 0;)
		names.push(...part.map(({ type, name }) => `${name} ${type.tag}`));
	stream.drop();
	return { names: names.sort(), ended: await ended.read() };
}

/** Why a function fails, or what it gives. */
async function outcome(promise) {
	try {
		return await promise;
	} catch (error) {
		const reason = error?.payload ?? error;
		return reason?.tag ?? `${reason} ${reason?.stack}`;
	}
}

const letters = length => Array.from({ length }, (_, i) => String.fromCharCode(33 + i % 90)).join("");

async function streams(folder) {
	const file = await folder.openAt({}, "big", NEW, WRITES), text = letters(300_000);
	await check("a file is written by a stream", await send(text, data => file.writeViaStream(data, 0)), OK);
	await check("and at an offset", await send("offset", data => file.writeViaStream(data, 10)), OK);
	await check("and at its end", await send("the end", data => file.appendViaStream(data)), OK);
	const whole = `${text.slice(0, 10)}offset${text.slice(16)}the end`;
	const read = await textIn(file.readViaStream(0));
	await check("it is read by a stream", [read.text === whole, read.ended], [true, OK]);
	await check("and from an offset", await textIn(file.readViaStream(300_003), 2), { text: " end", ended: OK });
	await check("and behind its end nothing is", await textIn(file.readViaStream(1_000_000)), { text: "", ended: OK });
	const copy = await folder.openAt({}, "copy", NEW, WRITES), [bytes, ended] = file.readViaStream(0);
	await check("one file's stream is written to another", [await copy.writeViaStream(bytes, 0).read(), await ended.read()], [OK, OK]);
	await check("whole", (await textIn(copy.readViaStream(0))).text === whole);
	const [left, why] = file.readViaStream(0);
	await left.read(5);
	left.drop();
	await check("a stream that is left ends well", await why.read(), OK);
	const only = await folder.openAt({}, "big", {}, READS);
	await check("writing what is open to read fails", (await send("x", data => only.writeViaStream(data, 0))).val.tag, "bad-descriptor");
	await check("reading a folder as bytes fails", (await textIn(folder.readViaStream(0))).ended.tag, "err");
	await check("many at once", (await Promise.all(Array.from({ length: 20 }, async (_, i) => {
		const one = await folder.openAt({}, `one${i}`, NEW, WRITES);
		await send(`text ${i}`, data => one.writeViaStream(data, 0));
		return (await textIn(one.readViaStream(0))).text;
	}))).join(), Array.from({ length: 20 }, (_, i) => `text ${i}`).join());
}

async function folders(folder) {
	await folder.createDirectoryAt("sub");
	const sub = await folder.openAt({}, "sub", { directory: true }, { read: true, mutateDirectory: true });
	await Promise.all(["a", "b", "c"].map(name => sub.openAt({}, name, NEW, WRITES)));
	await sub.symlinkAt("a", "link");
	await sub.createDirectoryAt("ä");
	const names = ["a regular-file", "b regular-file", "c regular-file", "link symbolic-link", "ä directory"];
	await check("a folder is listed", await namesIn(sub.readDirectory(), 100), { names, ended: OK });
	await check("one entry at a time", await namesIn(sub.readDirectory(), 1), { names, ended: OK });
	await check("a link is read", await sub.readlinkAt("link"), "a");
	await sub.renameAt("a", folder, "moved");
	await sub.linkAt({}, "b", sub, "also-b");
	await check("the same file", await (await sub.openAt({}, "b", {}, READS)).isSameObject(await sub.openAt({}, "also-b", {}, READS)));
	await check("not the same", await (await sub.openAt({}, "b", {}, READS)).isSameObject(sub), false);
	await check("hashes", JSON.stringify(await sub.metadataHashAt({}, "b")) === JSON.stringify(await sub.metadataHashAt({}, "also-b")));
	await sub.unlinkFileAt("c");
	await check("what isn't there", await outcome(sub.openAt({}, "c", {}, READS)), "no-entry");
	await check("what is there", await outcome(sub.openAt({}, "b", NEW, WRITES)), "exist");
	await check("what isn't empty", await outcome(folder.removeDirectoryAt("sub")), "not-empty");
	await check("what is no folder", await outcome(folder.openAt({}, "moved", { directory: true }, READS)), "not-directory");
	await check("what is outside", await outcome(folder.openAt({}, "../x", {}, READS)), "not-permitted");
	await sub.removeDirectoryAt("ä");
	const big = await folder.openAt({}, "many", NEW, WRITES);
	await check("a file isn't listed", (await namesIn(big.readDirectory(), 10)).ended.val.tag, "not-directory");
}

async function attributes(folder) {
	const file = await folder.openAt({}, "attributes", NEW, WRITES);
	await file.setSize(12345);
	await file.setTimes({ tag: "timestamp", val: { seconds: 1000, nanoseconds: 5 } }, { tag: "timestamp", val: { seconds: 2000, nanoseconds: 6 } });
	const { type, size, linkCount, dataAccessTimestamp, dataModificationTimestamp } = await file.stat();
	await check("stat", [type.tag, size, linkCount, dataAccessTimestamp, dataModificationTimestamp],
		["regular-file", 12345, 1, { seconds: 1000, nanoseconds: 5 }, { seconds: 2000, nanoseconds: 6 }]);
	await folder.setTimesAt({}, "attributes", { tag: "no-change" }, { tag: "timestamp", val: { seconds: 3000, nanoseconds: 7 } });
	const after = await folder.statAt({ symlinkFollow: true }, "attributes");
	await check("stat-at", [after.size, after.dataAccessTimestamp.seconds, after.dataModificationTimestamp], [12345, 1000, { seconds: 3000, nanoseconds: 7 }]);
	await check("types", [(await file.getType()).tag, (await folder.getType()).tag], ["regular-file", "directory"]);
	const flags = await file.getFlags();
	await check("flags", [flags.read, flags.write, flags.mutateDirectory], [true, true, false]);
	await file.advise(0, 100, "sequential");
	await file.syncData();
	await file.sync();
	await check("it's synced", true);
}

export const run = {
	async run() {
		const [[folder]] = getDirectories();
		for (const part of [streams, folders, attributes])
			try {
				await part(folder);
			} catch (error) {
				await check(part.name, `${error?.payload?.tag ?? error} ${error?.stack}`, "whole");
			}
		if (failed > 0)
			throw undefined;
	},
};
