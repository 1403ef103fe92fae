//# allFunctionsCalledOnLoad
/* A small fixed element in the app's page that says that a debugger is attached, or has stopped the program. It is in a closed
 * shadow root, so that the app's styles don't reach it by accident; an app that wants to hide it can. In a worker, where there is
 * no document, the app learns it by onWatch. */
import { STANDS, WATCH } from "../base/codec.js";

const STYLE = {
	position: "fixed", right: "8px", bottom: "8px", zIndex: "2147483647", padding: "4px 10px", borderRadius: "6px", border: "1px solid #fff8",
	font: "13px/1.4 system-ui, sans-serif", color: "#fff", background: "#8a4b00", boxShadow: "0 1px 4px #0006", pointerEvents: "none",
};
const STOPPED = "#a4161a";
let shown = 0; // badges on this page: each program's above the one before

export class Badge {
	#host = null;
	#text = null;
	#place = 0;

	/** state: of decodeWatch. */
	show({ mode, state }) {
		if (mode === WATCH.NOBODY || typeof document === "undefined")
			return this.remove();
		if (this.#host === null) {
			this.#host = document.createElement("wvwasi-watched");
			this.#host.setAttribute("role", "status");
			this.#text = document.createElement("div");
			Object.assign(this.#text.style, STYLE);
			this.#host.attachShadow({ mode: "closed" }).append(this.#text);
			document.documentElement.append(this.#host);
			this.#place = shown++;
			this.#text.style.bottom = `${8 + 36 * this.#place}px`;
		}
		const text = wordsFor(mode, state);
		this.#text.textContent = text;
		this.#text.style.background = state === STANDS.STOPPED ? STOPPED : STYLE.background;
		this.#host.setAttribute("aria-label", text);
		this.#host.dataset.state = state === STANDS.STOPPED ? "stopped" : mode === WATCH.CONTROLLED ? "controlled" : "watched";
		return undefined;
	}

	remove() {
		if (this.#host === null)
			return;
		this.#host.remove();
		this.#host = null;
		shown--;
	}
}

function wordsFor(mode, state) {
	if (state === STANDS.STOPPED)
		return "A debugger has stopped this program";
	return mode === WATCH.CONTROLLED ? "A debugger controls this program" : "A debugger watches this program";
}
