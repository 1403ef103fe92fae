//# allFunctionsCalledOnLoad
/* Reads listings of folders, by preview1's fd_readdir. */
import { RESULT } from "./host.js";
import { entriesIn, inodeIn } from "./descriptor.js";
import { halves } from "./streams.js";

const LISTING = 4096; // bytes of one fd_readdir, as wasi-libc's
const strict = new TextDecoder("utf-8", { fatal: true });

/** The next entry of a DirectoryEntryStream: then(errno, entry); null: there is none. */
export function nextEntry(host, stream, then) {
	if (stream.at < stream.entries.length)
		return then(0, stream.entries[stream.at++]);
	return stream.ended ? then(0, null) : host.after(listOn(host, stream), errno => (errno !== 0 ? then(errno, null) : nextEntry(host, stream, then)));
}

/** Gets the entries that follow: errno or MISS. Fewer bytes than were asked for are the last ones. */
export function listOn(host, stream) {
	const { memory } = host, buffer = host.room(LISTING);
	return host.after(host.calls.fd_readdir(stream.of.fd, buffer, LISTING, ...halves(stream.cookie), RESULT.COUNT), errno => {
		const used = errno === 0 ? memory.u32(RESULT.COUNT) : 0;
		stream.entries = entriesIn(memory.bytes.slice(buffer, buffer + used));
		stream.at = 0;
		stream.ended = used < LISTING || stream.entries.length === 0;
		stream.cookie = stream.entries.at(-1)?.next ?? stream.cookie;
		stream.of.inode ??= inodeIn(stream.entries);
		return errno;
	});
}

/** Are these bytes a name that a string can have? */
export function isText(bytes) {
	try {
		return bytes.every(byte => byte < 0x80) || strict.decode(bytes) !== null;
	} catch {
		return false;
	}
}
