//# allFunctionsCalledOnLoad
/* The one door of this room: the File System API on granted folders. Leaves to others: connections (setGateway). */
import { FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemHandle } from "./handles.js";
import { FileSystemObserver } from "./observer.js";
import { showDirectoryPicker, showOpenFilePicker, showSaveFilePicker } from "./picker.js";
import { FileSystemSyncAccessHandle, canBlock, syncAccessHandle } from "./sync.js";
import { FileSystemWritableFileStream } from "./writable.js";

export { FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemHandle, FileSystemObserver, FileSystemSyncAccessHandle, FileSystemWritableFileStream };
export { showDirectoryPicker, showOpenFilePicker, showSaveFilePicker };
export { getDirectoryHandle, getFileHandle, grantedDirectories } from "./handles.js";
export { configure, setGateway } from "./guest.js";
export { guest } from "./guest.js"; // for our own modules: files.js keeps it from apps

if (canBlock)
	Object.defineProperty(FileSystemFileHandle.prototype, "createSyncAccessHandle", {
		/** @param {{ mode?: "readwrite" | "read-only" | "readwrite-unsafe" }} [options] */
		value: async function createSyncAccessHandle(options) {
			return syncAccessHandle(this.path, options);
		}, writable: true, configurable: true,
	});

/** Puts each of these on the global object where the engine has none. @returns {string[]} the names of those that it put there */
export function install() {
	const pickers = { showDirectoryPicker, showOpenFilePicker, showSaveFilePicker };
	const all = { FileSystemHandle, FileSystemFileHandle, FileSystemDirectoryHandle, FileSystemWritableFileStream, FileSystemObserver,
		...canBlock ? { FileSystemSyncAccessHandle } : {}, ...typeof document === "undefined" ? {} : pickers };
	const missing = Object.entries(all).filter(([name]) => !(name in globalThis));
	for (const [name, value] of missing)
		Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
	return missing.map(([name]) => name);
}
