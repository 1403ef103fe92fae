/* Which letter a key is, on any keyboard layout. */

/**
 * The letter of a key by its character, or by its place on the keyboard if the layout isn't a Latin one: Ctrl-C is where it always was.
 * @param {KeyboardEvent} event
 * @returns {string} lower case; or event.key, if the key has no letter
 */
export function letterOf({ key, code }) {
	const isForeign = [...key].length === 1 && key > "\x7f" && !/\p{Script=Latin}/u.test(key);
	return isForeign && /^Key[A-Z]$/.test(code) ? code[3].toLowerCase() : key.toLowerCase();
}
