/* The page's elements: found, shown, drawn. */
export { make, setText } from "../elements.js";

export const byId = id => document.getElementById(id);

/** Shows or hides. */
export function show(element, visible) {
	if (element.hidden === visible)
		element.hidden = !visible;
}

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes. */
export function makeSvg(tag, attributes = {}, ...children) {
	const element = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(attributes))
		element.setAttribute(name, value);
	element.append(...children);
	return element;
}

/** A symbol of the page's. */
export const icon = name => makeSvg("svg", { "aria-hidden": "true", class: "icon" }, makeSvg("use", { href: `#icon-${name}` }));
