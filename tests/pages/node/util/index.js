/* What the drivers use of Node's "util", "crypto", "path", "dns" and "fs". There are no files here, so nothing else is called. */
export const inherits = (its, base) => Object.setPrototypeOf(its.prototype, base.prototype);
export const deprecate = fn => fn;
export const inspect = Object.assign(String, { custom: Symbol("inspect") });
export const webcrypto = globalThis.crypto;
