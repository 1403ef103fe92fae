/* A question that takes no keys from the terminal: a line below it with two buttons. One at a time; the newest stays. */

export class Offer {
	#box = document.getElementById("offer");
	#text = document.getElementById("offer-text");
	#yes = document.getElementById("offer-yes");
	#act = null;

	/** @param {() => void} onGone where to go on */
	constructor(onGone) {
		const answer = yes => {
			const act = this.#act;
			this.hide();
			if (yes)
				act?.();
			onGone();
		};
		this.#yes.addEventListener("click", () => answer(true));
		document.getElementById("offer-no").addEventListener("click", () => answer(false));
	}

	/** @param {string} text @param {string} yes what its button says @param {() => void} act called in the click, as a browser may demand */
	show(text, yes, act) {
		this.#text.textContent = text;
		this.#yes.textContent = yes;
		this.#act = act;
		this.#box.hidden = false;
	}

	hide() {
		this.#act = null;
		this.#text.textContent = "";
		this.#box.hidden = true;
	}
}
