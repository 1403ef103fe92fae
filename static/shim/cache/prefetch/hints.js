//# allFunctionsCalledOnLoad
/* The text of a profile: what a program's start asked for (docs/PROTOCOL.md, Hints). Names are bytes, one letter each. */
const LINES_MAX = 4096, TEXT_MAX = 48 << 10; // as the gateway bounds them

/** The hints in a profile's text: [{ handle, path, bytes, name, listed }], name null for a folder, listed: it was opened to be listed. Lines
 * that aren't well-formed are left out. */
export function readHints(text) {
	const hints = [], folders = [];
	let folder = null;
	for (const line of text.split("\n")) {
		const [kind, first, second, third] = line.split(" ");
		if ((kind === "d" || kind === "l") && third !== undefined) {
			folders.push(folder = { handle: Number(first), path: unescaped(third), bytes: Number(second), name: null, listed: kind === "l" });
			hints.push(folder);
		} else if (kind === "@") {
			folder = folders[Number(first)] ?? null;
		} else if (kind === "f" && second !== undefined && folder !== null) {
			hints.push({ ...folder, bytes: Number(first), name: unescaped(second), listed: false });
		}
	}
	return hints.filter(({ handle, bytes }) => handle >= 0 && bytes >= 0);
}

/** The text of hints; those that are too many are left out. */
export function writeHints(hints) {
	const lines = [], folders = new Map();
	let folder = null, length = 0;
	const add = line => {
		const fits = lines.length < LINES_MAX && length + line.length + 1 <= TEXT_MAX;
		if (fits) {
			lines.push(`${line}\n`);
			length += line.length + 1;
		}
		return fits;
	};
	for (const { handle, path, bytes, name, listed } of hints) {
		const where = `${handle} ${path}`;
		if (name === null) {
			if (!folders.has(where) && add(`${listed ? "l" : "d"} ${handle} ${bytes} ${escaped(path)}`))
				folders.set(folder = where, folders.size);
			continue;
		}
		if (!folders.has(where) || folder !== where && !add(`@ ${folders.get(where)}`))
			continue;
		folder = where;
		add(`f ${bytes} ${escaped(name)}`);
	}
	return lines.join("");
}

function escaped(text) {
	return text.replace(/[^!-$&-~]/g, letter => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

function unescaped(text) {
	return text.replace(/%([0-9A-F]{2})/g, (_, digits) => String.fromCharCode(parseInt(digits, 16)));
}
