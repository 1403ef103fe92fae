/* Scrolling by touch: the text follows the finger, and goes on with its speed when it leaves. */
const SLOWER = 0.95; // of the speed, each frame
const LEAST = 0.02; // rows a frame

export class TouchScroll {
	#terminal;
	#element;
	#y = null; // px, of the finger
	#rows = 0; // that the finger has moved and the text hasn't: less than one
	#speed = 0; // rows a frame
	#at = 0; // ms, when it moved last

	/** @param {import("@xterm/xterm").Terminal} terminal @param {HTMLElement} element that it is in */
	constructor(terminal, element) {
		this.#terminal = terminal;
		this.#element = element;
		element.addEventListener("touchstart", event => this.#begin(event), { passive: true });
		element.addEventListener("touchmove", event => this.#move(event), { passive: false });
		element.addEventListener("touchend", () => this.#leave(), { passive: true });
	}

	#begin({ touches }) {
		this.#speed = 0;
		this.#y = touches.length === 1 ? touches[0].clientY : null;
	}

	#move(event) {
		if (this.#y === null || event.touches.length !== 1)
			return;
		event.preventDefault(); // the page stays where it is
		const [{ clientY }] = event.touches;
		const rows = (this.#y - clientY) / (this.#element.clientHeight / this.#terminal.rows);
		const now = performance.now();
		this.#speed = rows / Math.max(1, (now - this.#at) / (1000 / 60));
		this.#at = now;
		this.#y = clientY;
		this.#scroll(rows);
	}

	#leave() {
		this.#y = null;
		if (performance.now() - this.#at > 50) // the finger had come to rest
			return;
		const glide = () => {
			if (this.#y !== null || Math.abs(this.#speed) < LEAST)
				return;
			this.#scroll(this.#speed);
			this.#speed *= SLOWER;
			requestAnimationFrame(glide);
		};
		requestAnimationFrame(glide);
	}

	#scroll(rows) {
		this.#rows += rows;
		const whole = Math.trunc(this.#rows);
		this.#rows -= whole;
		if (whole !== 0)
			this.#terminal.scrollLines(whole);
	}
}
