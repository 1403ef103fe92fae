/* The dialog that asks what a new tab is to run, and the question before a running program's tab is closed. */

export class Another {
	#dialog = document.getElementById("another");
	#closing = document.getElementById("close-tab");

	/**
	 * @param {string} name of the gateway's program, with its arguments
	 * @param {string[]} programs of --program
	 * @returns {Promise<{ what: { path?: string, named?: string, args?: string[] }, beside: boolean } | null>} null: nothing
	 */
	async ask(name, programs) {
		const form = this.#dialog.querySelector("form"), same = document.getElementById("another-same"), named = document.getElementById("another-named");
		same.textContent = `${name} again`;
		named.replaceChildren(...programs.map(each => Object.assign(document.createElement("button"), { value: `named ${each}`, textContent: each })));
		const choice = await shown(this.#dialog);
		const beside = form.elements.beside.checked, args = wordsOf(form.elements.arguments.value);
		if (choice === "same")
			return { what: {}, beside };
		if (choice.startsWith("named "))
			return { what: { named: choice.slice("named ".length), args }, beside };
		if (choice !== "open")
			return null;
		const { showOpenFilePicker } = await import("/_wvwasi/files.js");
		try {
			const [file] = await showOpenFilePicker({ types: [{ description: "programs", accept: { "application/wasm": [".wasm"] } }] });
			return { what: { path: file.path, args }, beside };
		} catch (error) {
			if (error.name === "AbortError")
				return null;
			throw error;
		}
	}

	/** May the tab of a running program be closed? @param {string} name @returns {Promise<boolean>} */
	async mayClose(name) {
		document.getElementById("close-tab-name").textContent = name;
		return await shown(this.#closing) === "close";
	}
}

function shown(dialog) {
	dialog.returnValue = "";
	dialog.showModal();
	return new Promise(resolve => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

/** Words as at a shell's prompt: blanks part them, quotes keep them together. @param {string} text @returns {string[]} */
export function wordsOf(text) {
	const words = text.matchAll(/(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\\.|[^\s"'\\])|["'\\])(\s*)/g);
	const found = [];
	let word = null;
	for (const [whole, double, single, letter, blank] of words) {
		word = (word ?? "") + (double?.replace(/\\(.)/g, "$1") ?? single ?? letter?.replace(/^\\/, "") ?? whole.trim());
		if (blank !== "") {
			found.push(word);
			word = null;
		}
	}
	return word === null ? found : [...found, word];
}
