//# allFunctionsCalledOnLoad
/* wasi:http's error-code (32 bytes, aligned by 8) and where it comes from: preview1's errors, and the dialer's ERROR frames (docs/PROTOCOL.md, Requests). */
import { toBytes } from "../base/codec.js";
import { ERRNO } from "../base/errors.js";

const CODE = {
	DESTINATION_UNAVAILABLE: 3, TERMINATED: 7, TIMEOUT: 8, LIMIT: 11, CERTIFICATE: 13, DENIED: 15, URI: 19, INCOMPLETE: 25, HEAD_SIZE: 26, PROTOCOL: 35,
	CONFIGURATION: 37, INTERNAL: 38,
};
const BY_ERRNO = { [ERRNO.ACCES]: CODE.DENIED, [ERRNO.MFILE]: CODE.LIMIT, [ERRNO.NOTSUP]: CODE.CONFIGURATION, [ERRNO.INVAL]: CODE.URI };
/* By the ERROR frame's kind. */
const BY_KIND = [CODE.INTERNAL, CODE.DESTINATION_UNAVAILABLE, CODE.TIMEOUT, CODE.CERTIFICATE, CODE.PROTOCOL, CODE.HEAD_SIZE];
export const ERROR_CODE = 32;

/** Why there is no response, or no more of it: { code, sentence }. */
export const errorOfErrno = errno => ({ code: BY_ERRNO[errno] ?? CODE.TERMINATED, sentence: null });
/** bytes: of an ERROR frame. */
export const errorOfFrame = bytes => ({ code: BY_KIND[bytes[0]] ?? CODE.INTERNAL, sentence: bytes.slice(1) });
export const internalError = text => ({ code: CODE.INTERNAL, sentence: toBytes(text) });
export const incomplete = () => ({ code: CODE.INCOMPLETE, sentence: null });

/** Stores it at `at`. */
export function storeError(guest, at, { code, sentence }) {
	guest.bytes(at, ERROR_CODE).fill(0);
	guest.view.setUint8(at, code);
	if (code === CODE.INTERNAL && sentence !== null) {
		guest.view.setUint8(at + 8, 1);
		guest.setList(at + 12, sentence);
	}
}
