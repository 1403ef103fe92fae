//# allFunctionsCalledOnLoad
/* A file's type by the end of its name, as browsers say it for files that a user picks. */
const TYPES = {
	aac: "audio/aac", apng: "image/apng", avif: "image/avif", bmp: "image/bmp", css: "text/css", csv: "text/csv", epub: "application/epub+zip",
	flac: "audio/flac", gif: "image/gif", gz: "application/gzip", htm: "text/html", html: "text/html", ico: "image/x-icon", jpeg: "image/jpeg",
	jpg: "image/jpeg", js: "text/javascript", json: "application/json", m4a: "audio/x-m4a", mjs: "text/javascript", mov: "video/quicktime",
	mp3: "audio/mpeg", mp4: "video/mp4", ogg: "audio/ogg", otf: "font/otf", pdf: "application/pdf", png: "image/png", rtf: "application/rtf",
	svg: "image/svg+xml", tar: "application/x-tar", tif: "image/tiff", tiff: "image/tiff", ttf: "font/ttf", txt: "text/plain", wasm: "application/wasm",
	wav: "audio/wav", weba: "audio/webm", webm: "video/webm", webp: "image/webp", woff: "font/woff", woff2: "font/woff2", xhtml: "application/xhtml+xml",
	xml: "text/xml", zip: "application/zip",
};

/** @param {string} name @returns {string} "": unknown */
export function typeOf(name) {
	const end = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
	return name.includes(".") && Object.hasOwn(TYPES, end) ? TYPES[end] : "";
}
