/* Why did it fail? Rules that turn the calls that failed and what the program said last into one sentence with the remedy. Pure. A rule that isn't sure gives
 * null: a wrong answer is worse than none. Leaves to others: showing it (terminal.js). */

/**
 * @typedef {object} Evidence of a program that ended with an error
 * @property {import("../shim/wvwasi.js").FailedCall[]} failed the newest first
 * @property {readonly { path: string, readonly: boolean }[]} granted
 * @property {string} said the end of what it printed
 * @property {Error} [error] that it didn't start, that it trapped, or that a change was lost
 */

const CHANGES = new Set(["path_create_directory", "path_filestat_set_times", "path_link", "path_remove_directory", "path_rename", "path_symlink",
	"path_unlink_file", "path_open", "fd_write", "fd_pwrite", "fd_filestat_set_size"]);
const NO_ROOM = new Set(["NOSPC", "DQUOT"]);

const isWithin = (path, folder) => folder === "/" || path === folder || path.startsWith(`${folder}/`);
const lastName = path => path.slice(path.lastIndexOf("/") + 1);

/** Of the granted folders the one that a path is in; undefined: none. */
export function grantOf(path, granted) {
	return granted.filter(({ path: folder }) => isWithin(path, folder)).sort((a, b) => b.path.length - a.path.length)[0];
}

function grantedText(granted) {
	const names = granted.filter(({ path }) => path !== "/dev").map(({ path, readonly }) => (readonly ? `${path} (read-only)` : path));
	return names.length === 0 ? "no folder is granted" : `granted ${names.length === 1 ? "is" : "are"} ${names.join(", ").replace(/, (?=[^,]*$)/, " and ")}`;
}

/* For a folder that isn't granted: a file's own folder. */
function grantFor(path) {
	const folder = path.slice(0, path.lastIndexOf("/")) || path;
	return `Restart with --dir ${folder}::${folder}:ro`;
}

/* Does the program speak of this path? Of one without a name it can't. */
const speaksOf = (said, path) => lastName(path) !== "" && new RegExp(`(?<![\\w.-])${lastName(path).replace(/[^\w]/gu, "\\$&")}(?![\\w-])`).test(said);

/** The absolute path that the program's last words name; null: none. It may be a URL's, which isn't meant. */
export function pathIn(said) {
	const named = [...said.matchAll(/(?<![\w/.:])(\/[\w.@+-]+(?:\/[\w.@+-]+)*)/g)].map(([, path]) => path.replace(/[.]+$/, ""));
	return named.at(-1) ?? null;
}

/** The name without a folder that wasn't found, in the words of wasi-libc's programs: "x.txt: No such file or directory", Python's, Rust's. */
export function relativeIn(said) {
	const found = [...said.matchAll(/No such file or directory: '([^'/][^']*)'|(?:^|[\s:'"])([\w.@+-][\w.@+/-]*)['"]?: No such file or directory/gm)].at(-1);
	return found === undefined ? null : found[1] ?? found[2];
}

/* Each: what it is about, and what it says of the evidence, or null. The first that says something is right. */
export const RULES = [
	{ about: "a change that was told as done", of({ error }) {
		if (error?.name !== "ChangeLost")
			return null;
		return "All that it changed before is done, and nothing after it. When it runs again it waits for each change, and hears of the error itself.";
	} },
	{ about: "features of the program", of({ error }) {
		if (error?.name !== "LinkError")
			return null;
		if (/thread-spawn|shared memory/.test(error.message))
			return "It was built with threads, which aren't supported: build it for wasm32-wasip1 instead of wasm32-wasip1-threads.";
		if (/\benv\.|\bgojs?\.|wbg/.test(error.message))
			return "It was built for a page of its own (Emscripten, Go's js, wasm-bindgen), or a function was left undefined: build it for wasm32-wasip1.";
		return null;
	} },
	{ about: "no space", of({ failed, granted }) {
		const full = failed.find(({ name, path }) => NO_ROOM.has(name) && path !== null);
		if (full === undefined)
			return null;
		const scratch = isWithin(full.path, "/tmp") && grantOf(full.path, granted)?.path === "/tmp";
		return `No space was left for ${full.path}. ${scratch ? "If /tmp is the scratch folder: restart with --limit scratch=BYTES" : "Free some, or grant a folder of another disk"}.`;
	} },
	{ about: "a folder that is granted read-only", of({ failed, granted, said }) {
		const refused = failed.find(({ name, path, call }) => ["ROFS", "ACCES", "PERM", "NOTCAPABLE"].includes(name) && path !== null && CHANGES.has(call)
			&& grantOf(path, granted)?.readonly && (name === "ROFS" || speaksOf(said, path)));
		if (refused === undefined)
			return null;
		const { path: folder } = grantOf(refused.path, granted);
		return folder === "/" ? `It wanted to change ${refused.path}, and / is the app's own folder, read-only; ${grantedText(granted)}.`
			: `It wanted to change ${refused.path}, and ${folder} is granted read-only. Restart with --dir ...::${folder} without :ro.`;
	} },
	{ about: "the rules of the network", of({ failed }) {
		const refused = failed.find(({ name, address }) => name === "ACCES" && address !== null);
		if (refused === undefined)
			return null;
		const rule = { sock_bind: "listen", sock_send_to: "udp" }[refused.call] ?? "tcp";
		return `It was refused ${refused.address}: no rule allows it. Restart with --net ${rule}:${refused.address}`;
	} },
	{ about: "a file that the gateway's user may not touch", of({ failed, said, granted }) {
		const refused = failed.find(({ name, path }) => ["ACCES", "PERM"].includes(name) && path !== null && speaksOf(said, path)
			&& !grantOf(path, granted)?.readonly);
		return refused === undefined ? null : `${refused.path}: the user who runs the gateway may not do that either.`;
	} },
	{ about: "a path outside what is granted", of({ failed, granted, said }) {
		const missed = failed.find(({ name, path }) => ["NOENT", "NOTCAPABLE"].includes(name) && path !== null && isOutside(path, granted)
			&& speaksOf(said, path) && path.lastIndexOf("/") > 0)?.path;
		const named = pathIn(said);
		/* a program whose library finds no granted folder for a path makes no call */
		const path = missed ?? (named !== null && isOutside(named, granted) && /no such file|not found|permitted|capabilit|cannot open|can't open/i.test(said)
			? named : null);
		return path === null ? null : `It looked for ${path}; ${grantedText(granted)}. ${grantFor(path)}`;
	} },
	{ about: "a path that doesn't begin with a slash", of({ granted, said }) {
		const name = relativeIn(said);
		const folder = granted.find(({ path }) => !["/", "/dev", "/tmp"].includes(path))?.path;
		if (name === null || folder === undefined || granted.some(({ path }) => path === "/"))
			return null;
		return `${name} was looked for in /, where nothing is granted. Give ${folder}/${name}, if that is the file.`;
	} },
	{ about: "a file that isn't there, of a program that says nothing", of({ failed, granted, said }) {
		const [last] = failed;
		return last?.name === "NOENT" && last.path !== null && said.trim() === "" && !isOutside(last.path, granted) ? `It didn't find ${last.path}.` : null;
	} },
	{ about: "what isn't there", of({ failed: [last], said }) {
		return last?.name === "NOTSUP" && (said.trim() === "" || /not supported|unsupported/i.test(said)) ? `It needs ${last.call}${last.call === "path_open" ? " with SYNC, DSYNC or RSYNC" : ""}, which isn't supported.` : null;
	} },
];

/* Of a path in / it is said only where / is read-only, as the app's own folder is. */
function isOutside(path, granted) {
	const grant = grantOf(path, granted);
	return grant === undefined || grant.path === "/" && grant.readonly;
}

/** @param {Evidence} evidence @returns {string | null} one or two sentences; null: no rule is sure */
export function whyOf(evidence) {
	for (const { of } of RULES) {
		const why = of(evidence);
		if (why !== null)
			return why;
	}
	return null;
}
