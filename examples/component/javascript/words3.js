// Counts the words of a file, by WASI 0.3's own interfaces: words3 FILE. Its bytes come by a stream, in parts as large as they come.
import { getArguments } from "wasi:cli/environment@0.3.0";
import { writeViaStream } from "wasi:cli/stdout@0.3.0";
import { getDirectories } from "wasi:filesystem/preopens@0.3.0";

/** The file, opened in the folder that was granted for it. */
function open(path) {
	for (const [folder, name] of getDirectories()) {
		const prefix = name.endsWith("/") ? name : `${name}/`;
		if (path.startsWith(prefix))
			return folder.openAt({ symlinkFollow: true }, path.slice(prefix.length), {}, { read: true });
	}
	throw new Error(`no folder was granted for ${path}`);
}

async function wordsIn(file) {
	const [stream, ended] = file.readViaStream(0);
	let count = 0, inWord = false;
	for await (const bytes of stream)
		for (const byte of bytes) {
			const isSpace = byte <= 0x20;
			count += !isSpace && !inWord ? 1 : 0;
			inWord = !isSpace;
		}
	const { tag, val } = await ended.read();
	if (tag !== "ok")
		throw new Error(`reading fails: ${val.tag}`);
	return count;
}

const utf8 = text => Uint8Array.from(unescape(encodeURIComponent(text)), letter => letter.charCodeAt(0));

export const run = {
	async run() {
		const [, path] = getArguments();
		const count = await wordsIn(await open(path));
		await writeViaStream((async function* () {
			yield utf8(`${count} words in ${path}\n`);
		})()).read();
	},
};
