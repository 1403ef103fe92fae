/* Elements made by hand: text goes in as text, never as markup. */

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties] of the element, such as className or textContent; role, or with a dash: an attribute
 * @param {...(Node | string)} children
 * @returns {any}
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
