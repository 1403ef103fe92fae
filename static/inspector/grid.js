/* A table of any length, of which only the visible rows exist as elements. Rows have one height. Browsers don't lay out more than some millions of
 * pixels, so beyond that the scroll bar is scaled, and the wheel moves rows, not pixels. Leaves to others: what is in a row. */

const TALLEST = 6_000_000; // px
const SPARE = 2; // rows above and below

export class Grid {
	#view;
	#spacer;
	#rows;
	#draw;
	#make;
	#onScroll;
	#pool = [];
	#length = 0;
	#top = 0; // in rows, fractions count
	#rowHeight = 24;
	#viewHeight = 0;
	#set = null; // the scrollTop that we set ourselves

	/**
	 * @param {HTMLElement} view scrolls; has a .spacer, and in it .rows
	 * @param {{ make: () => HTMLElement, draw: (element: HTMLElement, index: number) => void, onScroll: (atEnd: boolean) => void }} how
	 */
	constructor(view, { make, draw, onScroll }) {
		this.#view = view;
		this.#spacer = view.querySelector(".spacer");
		this.#rows = view.querySelector(".rows");
		this.#make = make;
		this.#draw = draw;
		this.#onScroll = onScroll;
		view.addEventListener("scroll", () => this.#scrolled(), { passive: true });
		view.addEventListener("wheel", event => this.#wheel(event), { passive: false });
		new ResizeObserver(() => this.#measure()).observe(view);
		this.#measure();
	}

	#measure() {
		const atEnd = this.atEnd;
		this.#viewHeight = this.#view.clientHeight;
		this.#rowHeight = parseFloat(getComputedStyle(this.#view).getPropertyValue("--row-px")) || 24;
		this.#resize();
		if (atEnd)
			this.toEnd();
		this.render();
	}

	get #full() {
		return this.#length * this.#rowHeight;
	}

	get #tall() {
		return Math.min(TALLEST, this.#full);
	}

	/** How many rows fit. */
	get page() {
		return Math.max(1, Math.floor(this.#viewHeight / this.#rowHeight));
	}

	get #lastTop() {
		return Math.max(0, this.#length - this.#viewHeight / this.#rowHeight);
	}

	get atEnd() {
		return this.#top >= this.#lastTop - 0.5;
	}

	#resize() {
		this.#spacer.style.height = `${this.#tall}px`;
	}

	/** @param {number} length @param {number} [moved] rows that were dropped in front: the visible ones stay in place */
	setLength(length, moved = 0) {
		if (length === this.#length && moved === 0)
			return;
		this.#length = length;
		this.#resize();
		this.#go(this.#top - moved);
	}

	#go(top) {
		this.#top = Math.min(this.#lastTop, Math.max(0, top));
		const room = this.#tall - this.#viewHeight;
		const at = this.#lastTop > 0 ? Math.round(this.#top / this.#lastTop * Math.max(0, room)) : 0;
		if (Math.abs(this.#view.scrollTop - at) >= 1) {
			this.#set = at;
			this.#view.scrollTop = at;
		}
	}

	#scrolled() {
		if (this.#view.clientHeight !== this.#viewHeight) // the browser moved it because the view has another size
			return this.#measure();
		const at = this.#view.scrollTop;
		if (this.#set !== null && Math.abs(at - this.#set) < 2) {
			this.#set = null;
			return;
		}
		this.#set = null;
		const room = this.#tall - this.#viewHeight;
		this.#top = room > 0 ? at / room * this.#lastTop : 0;
		this.render();
		this.#onScroll(this.atEnd);
	}

	#wheel(event) {
		if (this.#full <= TALLEST || event.ctrlKey || event.deltaY === 0)
			return;
		event.preventDefault();
		const px = event.deltaY * [1, this.#rowHeight, this.#viewHeight][event.deltaMode];
		this.#go(this.#top + px / this.#rowHeight);
		this.render();
		this.#onScroll(this.atEnd);
	}

	toEnd() {
		this.#go(this.#lastTop);
	}

	/** Scrolls a row into view. */
	reveal(index) {
		const rows = this.#viewHeight / this.#rowHeight;
		if (index < this.#top)
			this.#go(index);
		else if (index > this.#top + rows - 1)
			this.#go(index - rows + 1);
	}

	/** Draws the visible rows. */
	render() {
		const first = Math.max(0, Math.floor(this.#top) - SPARE);
		const last = Math.min(this.#length, Math.ceil(this.#top + this.#viewHeight / this.#rowHeight) + SPARE);
		const count = last - first;
		while (this.#pool.length < count) {
			const element = this.#make();
			this.#pool.push(element);
			this.#rows.append(element);
		}
		this.#rows.style.transform = `translateY(${this.#view.scrollTop - (this.#top - first) * this.#rowHeight}px)`;
		this.#pool.forEach((element, i) => {
			const there = i < count;
			if (element.hidden === there)
				element.hidden = !there;
			if (there)
				this.#draw(element, first + i);
		});
	}
}
