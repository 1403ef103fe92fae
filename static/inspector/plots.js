/* A plot of events per second over the last minute. */
import { make, makeSvg, setText } from "./dom.js";

const WIDTH = 240, HEIGHT = 40;

export class Plot {
	#area = makeSvg("path", { class: "area" });
	#line = makeSvg("path", { class: "stroke" });
	#now = make("strong");
	#top = make("span", { className: "soft" });
	#svg;
	#format;

	/** @param {string} title @param {(number: number) => string} format */
	constructor(title, format) {
		this.#format = format;
		this.#svg = makeSvg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title }, this.#area,
			this.#line);
		this.element = make("figure", { className: "plot" }, make("figcaption", {}, `${title} `, this.#now, " ", this.#top), this.#svg);
	}

	/** @param {number[]} values per tick, oldest first @param {number} tickSeconds */
	draw(values, tickSeconds) {
		const rates = smooth(values).map(value => value / tickSeconds);
		const top = niceTop(Math.max(...rates));
		const x = i => (i * WIDTH / (rates.length - 1)).toFixed(1);
		const y = rate => (HEIGHT - 1 - rate / top * (HEIGHT - 3)).toFixed(1);
		const line = rates.map((rate, i) => `${i ? "L" : "M"}${x(i)} ${y(rate)}`).join("");
		this.#line.setAttribute("d", line);
		this.#area.setAttribute("d", `${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`);
		setText(this.#now, `${this.#format(rates.at(-1))}/s`);
		setText(this.#top, `of at most ${this.#format(Math.max(...rates))}`);
		this.#svg.setAttribute("aria-label", `${this.#format(rates.at(-1))} per second now, at most ${this.#format(Math.max(...rates))} in the last minute`);
	}
}

/* Averaged over a second: values of a quarter second jump. */
function smooth(values) {
	let sum = 0;
	return values.map((value, i) => {
		sum += value - (values[i - 4] ?? 0);
		return Math.max(0, sum) / Math.min(4, i + 1);
	});
}

function niceTop(most) {
	if (!(most > 0))
		return 1;
	const power = 10 ** Math.floor(Math.log10(most));
	return [1, 2, 5, 10].map(step => step * power).find(top => top >= most * 0.999);
}
