//# allFunctionsCalledOnLoad
/* In which order a program goes through the names of a folder: as they are listed, by name, or by the numbers in them, whichever fits what it did
 * so far. */
const SORTED_MAX = 4096; // names of a folder that are put in order
const DIGITS_MAX = 12;

/* Names by their numbers: as texts in which each number has as many digits. An Intl.Collator would take 5 to 15 ms to be made. */
function byNumber(names) {
	const keys = new Map(names.map(name => [name, name.toLowerCase().replace(/\d+/g, digits => digits.padStart(DIGITS_MAX, "0"))]));
	return [...names].sort((a, b) => (keys.get(a) < keys.get(b) ? -1 : keys.get(a) > keys.get(b) ? 1 : 0));
}

/** How often the next name was the one that follows: as listed, by name, by number. Of all folders. */
export class Fits {
	#scores = [0, 0, 0];

	/** The program came from `before` to `name`, both of this Order. */
	learn(order, before, name) {
		const [from, to] = [order.places.get(before), order.places.get(name)];
		if (from === undefined || to === undefined || before === name)
			return;
		for (const way of to.keys())
			this.#scores[way] = Math.max(0, this.#scores[way] + (to[way] === from[way] + 1 ? 1 : -0.5));
	}

	/** The program began with this name of this Order. */
	begins(order, name) {
		for (const [way, names] of order.ways.entries())
			this.#scores[way] = Math.max(0, this.#scores[way] + (names[0] === name ? 1 : -0.5));
	}

	/** Which of an Order's ways fits best. */
	best(order) {
		return order.ways.reduce((best, _, way) => (this.#scores[way] > this.#scores[best] ? way : best), 0);
	}
}

/** The orders of one folder's names. */
export class Order {
	/** listed: names, as they are listed */
	constructor(listed) {
		this.ways = [listed];
		if (listed.length <= SORTED_MAX)
			this.ways.push([...listed].sort(), byNumber(listed));
		this.places = new Map(listed.map(name => [name, []])); // name -> its place in each way
		for (const names of this.ways)
			for (const [i, name] of names.entries())
				this.places.get(name).push(i);
	}

	/** Is it the first of several, in one of the ways? */
	begins(name) {
		return this.ways[0].length > 1 && this.ways.some(names => names[0] === name);
	}

	/** Is `name` the one that follows, in one of the ways? */
	follows(before, name) {
		const [from, to] = [this.places.get(before), this.places.get(name)];
		return from !== undefined && to !== undefined && to.some((place, way) => place === from[way] + 1);
	}

	/** All names, in the way that fits best. */
	names(fits) {
		return this.ways[fits.best(this)];
	}

	/** The names that follow this one. None, if it isn't one of them. */
	following(name, fits) {
		const place = this.places.get(name), way = fits.best(this);
		return place === undefined ? [] : this.ways[way].slice(place[way] + 1);
	}

	/** The same, and those before it at last. */
	*after(name, fits) {
		const place = this.places.get(name);
		if (place === undefined)
			return;
		const way = fits.best(this);
		const names = this.ways[way];
		for (let i = 1; i < names.length; i++)
			yield names[(place[way] + i) % names.length];
	}
}
