/* The panel's drawings and buttons. */
import { make } from "../elements.js";

export { make };

const SVG = "http://www.w3.org/2000/svg";

/** A drawing of lines, 16 by 16, as large as letters. @param {string} path of SVG's `d` */
export function icon(path) {
	const svg = document.createElementNS(SVG, "svg"), line = document.createElementNS(SVG, "path");
	svg.setAttribute("viewBox", "0 0 16 16");
	svg.setAttribute("aria-hidden", "true");
	line.setAttribute("d", path);
	svg.append(line);
	return svg;
}

/** A button with an icon, whose words are its tooltip and its name. @param {string} path @param {string} words @param {() => void} press */
export function iconButton(path, words, press) {
	const button = make("button", { type: "button", className: "icon", title: words, "aria-label": words.replace(/ \(.*\)$/, "") }, icon(path));
	button.addEventListener("click", press);
	return button;
}
