//# allFunctionsCalledOnLoad
/* Globs as regular expressions: of the inspector's filters, of --inject. */

/** A glob, as the shell's fnmatch has it: * (also over /), ?, [a-z], [!a-z], \ before what is meant as it is. */
export function globToRegExp(glob) {
	let source = "";
	for (let i = 0; i < glob.length; i++) {
		const letter = glob[i];
		if (letter === "*") {
			source += source.endsWith("[^]*") ? "" : "[^]*"; // once is enough, and quicker
		} else if (letter === "?") {
			source += "[^]";
		} else if (letter === "[" && glob.indexOf("]", i + 2) > 0) {
			const end = glob.indexOf("]", i + 2);
			const set = glob.slice(i + 1, end).replace(/[\\\][^&]/g, "\\$&");
			source += `[${set.startsWith("!") ? `^${set.slice(1)}` : set.startsWith("\\^") ? `^${set.slice(2)}` : set}]`;
			i = end;
		} else {
			source += (letter === "\\" && i + 1 < glob.length ? glob[++i] : letter).replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
		}
	}
	try {
		return new RegExp(`^${source}$`);
	} catch { // a range that runs backwards
		return /^(?!)/;
	}
}
