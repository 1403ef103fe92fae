/* Shows a file: text, or an image. */
import { getFileHandle } from "/_wvwasi/files.js";
import { bytes } from "../figures.js";
import { make } from "./element.js";

const TEXT_MOST = 256 << 10, IMAGE_MOST = 16 << 20; // bytes
const IMAGE = /\.(avif|bmp|gif|ico|jpe?g|png|svg|webp)$/i;
const TYPES = { svg: "image/svg+xml", jpg: "image/jpeg", ico: "image/x-icon" };

/**
 * @param {ShadowRoot} root where the dialog goes
 * @param {import("./tree.js").Entry} entry of a file
 * @param {{ download: () => void, insert: (() => void) | null }} actions
 * @returns {Promise<void>} when the dialog has been closed. Rejects where the file can't be read.
 */
export async function preview(root, entry, { download, insert }) {
	const file = await (await getFileHandle(entry.path)).getFile();
	const { element, note, release } = await shown(entry, file);
	const facts = [entry.path, bytes(file.size), new Date(file.lastModified).toLocaleString(), ...note ? [note] : []];
	const close = make("button", { value: "", className: "primary", textContent: "Close" });
	const act = (label, work) => {
		const button = make("button", { textContent: label, value: "" });
		button.addEventListener("click", work);
		return button;
	};
	const dialog = make("dialog", { className: "preview", "aria-labelledby": "title" },
		make("form", { method: "dialog" }, make("h2", { textContent: entry.name, id: "title" }),
			make("p", { className: "soft", textContent: facts.join(" · ") }), element,
			make("div", { className: "actions" }, close, ...insert ? [act("Insert path", insert)] : [], act("Download", download))));
	return new Promise(resolve => {
		dialog.addEventListener("close", () => {
			dialog.remove();
			release();
			resolve();
		});
		dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close()); // its backdrop
		root.append(dialog);
		dialog.showModal();
	});
}

/* The element that shows it, what is to be said about it, and what is to be done when it is no longer shown. */
async function shown(entry, file) {
	const extension = IMAGE.exec(entry.name)?.[1].toLowerCase();
	if (extension && file.size <= IMAGE_MOST) {
		const url = URL.createObjectURL(new Blob([await file.arrayBuffer()], { type: TYPES[extension] ?? `image/${extension}` }));
		const image = make("img", { src: url, alt: entry.name });
		const isShown = await image.decode().then(() => true, () => false);
		const [width, height] = [image.naturalWidth, image.naturalHeight];
		return { element: isShown ? image : message("This engine can't show the image."), note: isShown && width ? `${width} × ${height}` : "",
			release: () => URL.revokeObjectURL(url) };
	}
	const text = textOf(new Uint8Array(await file.slice(0, TEXT_MOST).arrayBuffer()), file.size > TEXT_MOST);
	if (text === null)
		return { element: message("This isn't text. Download it to see what is in it."), note: "", release: () => {} };
	return { element: text === "" ? message("The file is empty.") : make("pre", { textContent: text, tabIndex: 0, role: "region", "aria-label": `Text of ${entry.name}` }),
		note: file.size > TEXT_MOST ? `the first ${bytes(TEXT_MOST)}` : "", release: () => {} };
}

const message = text => make("p", { className: "nothing", textContent: text });

/* UTF-8, or null. isCut: its last character may be half. */
function textOf(read, isCut) {
	try {
		const text = new TextDecoder("utf-8", { fatal: true }).decode(read, { stream: isCut });
		return text.includes("\0") ? null : text;
	} catch {
		return null;
	}
}
