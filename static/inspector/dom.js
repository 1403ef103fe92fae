/* Elements made by hand: text goes in as text, never as markup. */

export const byId = id => document.getElementById(id);

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties] of the element, such as className or textContent; dashes make it an attribute
 * @param {...(Node | string)} children
 */
export function make(tag, properties = {}, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(properties)) {
		if (name.includes("-") || name === "role")
			element.setAttribute(name, value);
		else
			element[name] = value;
	}
	element.append(...children);
	return element;
}

/** Sets text only where it changed: each setting costs a layout. */
export function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

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
