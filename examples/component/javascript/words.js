// Counts the words of a file, by WASI 0.2's own interfaces: words FILE. QuickJS has no TextDecoder, so it counts bytes between spaces.
import { getArguments } from "wasi:cli/environment@0.2.12";
import { getStdout } from "wasi:cli/stdout@0.2.12";
import { getDirectories } from "wasi:filesystem/preopens@0.2.12";

const PART = 65536; // bytes of one read

/** The file, opened in the folder that was granted for it. */
function open(path) {
	for (const [folder, name] of getDirectories()) {
		const prefix = name.endsWith("/") ? name : `${name}/`;
		if (path.startsWith(prefix))
			return folder.openAt({ symlinkFollow: true }, path.slice(prefix.length), {}, { read: true });
	}
	throw new Error(`no folder was granted for ${path}`);
}

function wordsIn(file) {
	let count = 0, inWord = false;
	for (let at = 0, isEnd = false; !isEnd;) {
		const [bytes, end] = file.read(PART, at);
		for (const byte of bytes) {
			const isSpace = byte <= 0x20;
			count += !isSpace && !inWord ? 1 : 0;
			inWord = !isSpace;
		}
		at += bytes.length;
		isEnd = end || bytes.length === 0;
	}
	return count;
}

const utf8 = text => Uint8Array.from(unescape(encodeURIComponent(text)), letter => letter.charCodeAt(0));

export const run = {
	run() {
		const [, path] = getArguments();
		getStdout().blockingWriteAndFlush(utf8(`${wordsIn(open(path))} words in ${path}\n`));
	},
};
