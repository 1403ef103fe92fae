//# allFunctionsCalledOnLoad
/* Objects of ours beside those of the engine. They inherit from the engine's prototype, where there is one, so that `instanceof` holds; everything on it is
 * overridden, since the engine's own functions accept its own objects only. */

/** A class to extend. @param {string} name of the engine's class @returns {any} */
export function brand(name) {
	const native = globalThis[name];
	function Base() {}
	Base.prototype = Object.create(native?.prototype ?? Object.prototype);
	return Base;
}

/** What constructors are given, so that nobody else makes such an object. */
export const KEY = Symbol("made by files.js");

/** @param {symbol} key */
export function checkKey(key) {
	if (key !== KEY)
		throw new TypeError("Illegal constructor");
}
