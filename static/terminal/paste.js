/* Asks before lines are pasted that have blank ones within a block: at many prompts, Python's among them, a blank line ends the block. Asked once; the answer
 * holds for the page. */

/* Blank lines before an indented one. */
const WITHIN = /^(?:[^\S\r\n]*(?:\r\n|\r|\n))+(?=[ \t]+\S)/gm;

export class Paste {
	#dialog = document.getElementById("paste");
	#lines = document.getElementById("paste-lines");
	#answer = null; // "all" or "without"

	/** @param {string} text @returns {Promise<string | null>} what is to be pasted; null: nothing */
	async asked(text) {
		const without = text.replace(WITHIN, "");
		if (without === text)
			return text;
		this.#answer ??= await this.#ask(linesOf(text), linesOf(text) - linesOf(without));
		return { all: text, without }[this.#answer] ?? null;
	}

	#ask(lines, blank) {
		this.#lines.textContent = `${lines} lines, with ${blank} blank within a block`;
		this.#dialog.returnValue = "";
		this.#dialog.showModal();
		return new Promise(resolve => this.#dialog.addEventListener("close", () => resolve(this.#dialog.returnValue || null), { once: true }));
	}
}

const linesOf = text => text.trimEnd().split(/\r\n|\r|\n/).length;
