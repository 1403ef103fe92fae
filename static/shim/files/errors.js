//# allFunctionsCalledOnLoad
/* What a failed call is in the File System Standard: a DOMException by its name, or a TypeError. GatewayLost and the like pass as they are. */

/* by preview1's names */
const NAMES = {
	NOENT: "NotFoundError", NOTDIR: "TypeMismatchError", ISDIR: "TypeMismatchError", LOOP: "NotAllowedError", PERM: "NotAllowedError",
	ACCES: "NotAllowedError", ROFS: "NotAllowedError", NOTCAPABLE: "NotAllowedError", NOTEMPTY: "InvalidModificationError", EXIST: "InvalidModificationError",
	INVAL: "InvalidModificationError", XDEV: "InvalidModificationError", BUSY: "NoModificationAllowedError", TXTBSY: "NoModificationAllowedError",
	NOSPC: "QuotaExceededError", DQUOT: "QuotaExceededError", FBIG: "QuotaExceededError", IO: "NotReadableError", NOTSUP: "NotSupportedError",
};

/** @param {string} name @param {string} message @param {unknown} [cause] */
export function domError(name, message, cause) {
	return Object.assign(new DOMException(message, name), cause === undefined ? {} : { cause });
}

/** Has this error preview1's number? The class is of the other bundle. */
export const isWasiError = error => error instanceof Error && "errno" in error && "call" in error;

/**
 * The standard's error for what a call rejected with; other errors as they are. path: what it was about.
 * @param {any} error
 * @param {string} path
 * @param {Record<string, string>} [names] in place of the usual ones
 */
export function standardError(error, path, names = {}) {
	if (!isWasiError(error))
		return error;
	if (error.name === "NAMETOOLONG" || error.name === "ILSEQ")
		return new TypeError(`'${path}' is no name that a file can have (${error.name})`);
	return domError(names[error.name] ?? NAMES[error.name] ?? "UnknownError", `'${path}': ${error.message}`, error);
}

/**
 * Runs work; a call's error becomes the standard's.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {Record<string, string>} [names]
 * @returns {Promise<T>}
 */
export async function standard(path, work, names) {
	try {
		return await work();
	} catch (error) {
		throw standardError(error, path, names);
	}
}
