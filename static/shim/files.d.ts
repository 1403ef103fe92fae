/** /_wvwasi/files.js: the File System API on folders that the gateway grants. What the standard has is declared by TypeScript's own library ("dom"); these are
 * the classes of files.js, which have that and what is newer. Rejections are DOMExceptions by the standard's names, TypeError, or GatewayLost. */
import type { EntryOptions } from "./wvwasi.js";

declare const DirectoryHandle: typeof globalThis.FileSystemDirectoryHandle;
declare const FileHandle: typeof globalThis.FileSystemFileHandle;
declare const WritableFileStream: typeof globalThis.FileSystemWritableFileStream;

export interface PermissionDescriptor {
	mode?: "read" | "readwrite";
}

/** What both kinds of handles have beside the standard's. */
interface Entry {
	/** The guest path, such as "/work/notes". So preopens of run() and connect() take a handle: { "/project": handle }. */
	readonly path: string;
	/** "denied" for "readwrite" in a folder that was granted read-only. */
	queryPermission(descriptor?: PermissionDescriptor): Promise<PermissionState>;
	/** As queryPermission(): the user decides at the gateway. "denied" of a folder that was taken back. */
	requestPermission(descriptor?: PermissionDescriptor): Promise<PermissionState>;
	/** Removes what the handle names: InvalidModificationError for a folder that isn't empty, without recursive. */
	remove(options?: { recursive?: boolean }): Promise<void>;
	/** Renames; a file that has the name is replaced. The handle then names the new place. */
	move(name: string): Promise<void>;
	move(folder: FileSystemDirectoryHandle, name?: string): Promise<void>;
}

export interface WritableOptions extends FileSystemCreateWritableOptions {
	/** exclusive: nobody else writes the file meanwhile (NoModificationAllowedError). Default: siloed, who closes last wins. */
	mode?: "siloed" | "exclusive";
}

export type SyncAccessMode = "readwrite" | "read-only" | "readwrite-unsafe";

/** A file in place, by calls that block, in a dedicated worker. They throw as the promises of others reject. */
export class FileSystemSyncAccessHandle {
	private constructor();
	readonly mode: SyncAccessMode;
	/** Gives the number of bytes: fewer at the end. at: default, where the last call ended. */
	read(buffer: AllowSharedBufferSource, options?: { at?: number }): number;
	/** Writes all of it; others see it when this returns. */
	write(buffer: AllowSharedBufferSource, options?: { at?: number }): number;
	truncate(size: number): void;
	getSize(): number;
	/** Returns when all that was written is on the disk. */
	flush(): void;
	close(): void;
}

export interface FileSystemWritableFileStream {
	readonly mode: "siloed" | "exclusive";
}
export class FileSystemWritableFileStream extends WritableFileStream {}

export interface FileSystemFileHandle extends Entry {}
export class FileSystemFileHandle extends FileHandle {
	private constructor();
	/** Of up to 16 MiB: a File of the browser's own. Larger: a File that is read when its bytes are asked for, by slice(), stream(), text(), bytes() or
	 * arrayBuffer(); the browser's own functions (URL.createObjectURL, FormData, new Blob) throw a TypeError for it. */
	getFile(): Promise<File>;
	createWritable(options?: WritableOptions): Promise<FileSystemWritableFileStream>;
	/** In dedicated workers alone. */
	createSyncAccessHandle(options?: { mode?: SyncAccessMode }): Promise<FileSystemSyncAccessHandle>;
}

export interface FileSystemDirectoryHandle extends Entry {}
export class FileSystemDirectoryHandle extends DirectoryHandle {
	private constructor();
	getFileHandle(name: string, options?: FileSystemGetFileOptions): Promise<FileSystemFileHandle>;
	getDirectoryHandle(name: string, options?: FileSystemGetDirectoryOptions): Promise<FileSystemDirectoryHandle>;
	keys(): FileSystemDirectoryHandleAsyncIterator<string>;
	values(): FileSystemDirectoryHandleAsyncIterator<FileSystemFileHandle | FileSystemDirectoryHandle>;
	entries(): FileSystemDirectoryHandleAsyncIterator<[string, FileSystemFileHandle | FileSystemDirectoryHandle]>;
	[Symbol.asyncIterator](): FileSystemDirectoryHandleAsyncIterator<[string, FileSystemFileHandle | FileSystemDirectoryHandle]>;
}

/** For `instanceof` alone. */
export class FileSystemHandle {
	private constructor();
}

export interface FileSystemChangeRecord {
	/** what was observed */
	readonly root: FileSystemFileHandle | FileSystemDirectoryHandle;
	/** null of what disappeared */
	readonly changedHandle: FileSystemFileHandle | FileSystemDirectoryHandle | null;
	readonly relativePathComponents: readonly string[];
	readonly relativePathMovedFrom: readonly string[] | null;
	/** errored: no more will be told, since what was observed is gone, or the connection to the gateway */
	readonly type: "appeared" | "disappeared" | "modified" | "moved" | "errored";
}

/** Changes of files and folders, whoever makes them: pages, programs, other processes. */
export class FileSystemObserver {
	constructor(callback: (records: FileSystemChangeRecord[], observer: FileSystemObserver) => void);
	/** Rejects with NotFoundError, QuotaExceededError (more than 1,024 folders), NotSupportedError (the file system reports no changes: network, FUSE). */
	observe(handle: FileSystemFileHandle | FileSystemDirectoryHandle, options?: { recursive?: boolean }): Promise<void>;
	unobserve(handle: FileSystemFileHandle | FileSystemDirectoryHandle): void;
	disconnect(): void;
}

/** A granted folder, or a folder in one, by its guest path, such as "/work". Rejects with NotFoundError, TypeMismatchError. Default: "/". */
export function getDirectoryHandle(path?: string): Promise<FileSystemDirectoryHandle>;
/** A file in a granted folder, by its guest path. */
export function getFileHandle(path: string): Promise<FileSystemFileHandle>;
/** All folders that are granted now, except /dev. */
export function grantedDirectories(): Promise<FileSystemDirectoryHandle[]>;
export interface PickerOptions {
	/** Where the dialog begins: in this folder, or this file's. Default: the list of granted folders. */
	startIn?: FileSystemFileHandle | FileSystemDirectoryHandle;
}
export interface FilePickerOptions extends PickerOptions {
	/** Which files the dialog shows; unless excludeAcceptAllOption, the user can have it show all. */
	types?: { description?: string; accept: Record<string, string | string[]> }[];
	excludeAcceptAllOption?: boolean;
}
/** The user chooses a folder among what is granted, in a dialog above the page; with --ask its button "Another folder…" asks the user for one, at the gateway.
 * mode "readwrite": one that isn't read-only. Rejects with AbortError: nothing was chosen, or the user said no; NotAllowedError: another picker is open. */
export function showDirectoryPicker(options?: PickerOptions & { mode?: "read" | "readwrite" }): Promise<FileSystemDirectoryHandle>;
/** The same for files. */
export function showOpenFilePicker(options?: FilePickerOptions & { multiple?: boolean }): Promise<FileSystemFileHandle[]>;
/** The same for a file that may be new, and then is made, empty. */
export function showSaveFilePicker(options?: FilePickerOptions & { suggestedName?: string }): Promise<FileSystemFileHandle>;
/** Before the first use, in a worker none of whose origin's pages imports files.js: how to get a ticket. */
export function configure(options: Pick<EntryOptions, "ticket" | "unpaired">): void;
/** What importing "/_wvwasi/files.js?install" does: puts these classes on the global object where the engine has none. Gives the names of those. */
export function install(): string[];
export {}; // else the declarations without `export` would be exported, too
