/* The edge between the panel of folders and the terminal: dragged, or moved by the arrow keys, it gives the panel its width, which is kept. */
const KEPT = "wvwasi.terminal.foldersWidth";
const LEAST = 160, MOST_SHARE = 0.7, STEP = 16; // px, but for the share of the page

export class Edge {
	#edge;
	#panel;

	/** @param {HTMLElement} edge role="separator", behind the panel @param {HTMLElement} panel takes its width from --folders-width */
	constructor(edge, panel) {
		this.#edge = edge;
		this.#panel = panel;
		this.#use(Number(localStorage.getItem(KEPT)) || null);
		edge.addEventListener("pointerdown", event => {
			event.preventDefault(); // no text is to be selected
			edge.focus();
			edge.setPointerCapture(event.pointerId);
		});
		edge.addEventListener("pointermove", ({ pointerId, clientX }) => edge.hasPointerCapture(pointerId) && this.#set(clientX - panel.getBoundingClientRect().left));
		edge.addEventListener("dblclick", () => this.#set(null));
		edge.addEventListener("keydown", event => {
			const { offsetWidth } = panel, to = { ArrowLeft: offsetWidth - STEP, ArrowRight: offsetWidth + STEP, Home: LEAST, End: Infinity }[event.key];
			if (to === undefined)
				return;
			event.preventDefault();
			this.#set(to);
		});
		new ResizeObserver(() => this.#tell()).observe(panel);
	}

	get #most() {
		return Math.floor(this.#panel.parentElement.clientWidth * MOST_SHARE);
	}

	#set(wanted) {
		const width = wanted === null ? null : Math.round(Math.max(LEAST, Math.min(this.#most, wanted)));
		if (width === null)
			localStorage.removeItem(KEPT);
		else
			localStorage.setItem(KEPT, width);
		this.#use(width);
	}

	#use(width) {
		if (width === null)
			this.#panel.style.removeProperty("--folders-width");
		else
			this.#panel.style.setProperty("--folders-width", `${width}px`);
	}

	#tell() {
		for (const [name, value] of [["now", this.#panel.offsetWidth], ["min", LEAST], ["max", this.#most]])
			this.#edge.setAttribute(`aria-value${name}`, value);
	}
}
