/* The colours of theme.css, for what draws by itself: canvas and terminal. */

/** Reads colours as the engine computes them now, since what is written depends on light and dark.
 * @returns {(name: string) => string} for "--accent" gives "#0f5fb8"; asked for again, it gives the same */
export function colourReader() {
	const read = new Map();
	return name => {
		if (!read.has(name))
			read.set(name, computed(name));
		return read.get(name);
	};
}

function computed(name) {
	const probe = document.createElement("i");
	probe.style.color = `var(${name})`;
	probe.style.forcedColorAdjust = "none"; // else each is the system's one colour for text, the background too
	document.body.append(probe);
	const parts = getComputedStyle(probe).color.match(/\d+/g); // "rgb(15, 95, 184)"
	probe.remove();
	return `#${parts.slice(0, 3).map(part => Number(part).toString(16).padStart(2, "0")).join("")}`;
}
