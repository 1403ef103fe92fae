//# allFunctionsCalledOnLoad
/* Will the program ask each component of what it opens whether it is a link, as compilers do? Then those questions leave with the open. */
import { DOT, SLASH, textOf } from "../../base/names.js";

const COMPONENTS_MAX = 16; // of a path whose links are asked for

export class Links {
	#opened = null; // { handle, text } of the last open
	#asks = false;

	/** The program asks whether this is a link. Does it do so for what it opens? */
	asked(handle, name) {
		if (this.#asks || this.#opened === null || this.#opened.handle !== handle)
			return;
		const { text } = this.#opened;
		const asked = textOf(name);
		this.#asks = asked === "." || text === asked || text.startsWith(`${asked}/`);
	}

	/** The paths whose links the program will ask for after this open: the folder, then each component. */
	of(handle, name) {
		this.#opened = { handle, text: textOf(name) };
		if (!this.#asks)
			return [];
		const parts = [Uint8Array.of(DOT)];
		for (let end = 1; end <= name.length; end++)
			if ((end === name.length || name[end] === SLASH) && name[end - 1] !== SLASH)
				parts.push(name.subarray(0, end));
		return parts.length > COMPONENTS_MAX ? [] : parts;
	}
}
