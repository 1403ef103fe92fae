//# allFunctionsCalledOnLoad
/* /_wvwasi/files.js: the File System API on granted folders, for pages and workers. With "?install" it becomes the page's own where the engine has none; both
 * addresses share what they import. Types are in files.d.ts. */
import { install, setGateway } from "./files/index.js";
import { NotPaired, connect, getTicket } from "./wvwasi.js";

export {
	FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemHandle, FileSystemObserver, FileSystemSyncAccessHandle, FileSystemWritableFileStream,
	configure, getDirectoryHandle, getFileHandle, grantedDirectories, install, showDirectoryPicker, showOpenFilePicker, showSaveFilePicker,
} from "./files/index.js";

setGateway({ NotPaired, connect, getTicket });
if (new URL(import.meta.url).searchParams.has("install"))
	install();
