// browser-fs-access, as it comes from npm: it uses the pickers that it finds on the window. An engine that has pickers of its own gets ours in their place.
import { showDirectoryPicker, showOpenFilePicker, showSaveFilePicker } from "/_wvwasi/files.js?install";

Object.assign(window, { showDirectoryPicker, showOpenFilePicker, showSaveFilePicker });
const { directoryOpen, fileOpen, fileSave } = await import("browser-fs-access");

/** What the app asked for last: its promise's result, once the user has chosen. */
window.result = null;
const ask = (promise) => {
	window.result = null;
	promise.then((value) => (window.result = value), ({ name }) => (window.result = name));
};
window.app = {
	open: () => ask(fileOpen({ mimeTypes: ["text/plain"], extensions: [".txt"] }).then(async (file) => [file.name, await file.text(), file.handle.path])),
	list: () => ask(directoryOpen({ recursive: true }).then((files) => files.map(({ webkitRelativePath }) => webkitRelativePath).sort())),
	save: (text, fileName) => ask(fileSave(new Blob([text]), { fileName, extensions: [".txt"] }).then((handle) => handle.path)),
	again: (text, path) => ask(import("/_wvwasi/files.js").then(({ getFileHandle }) => getFileHandle(path))
		.then((handle) => fileSave(new Blob([text]), {}, handle)).then((handle) => handle.path)),
};
