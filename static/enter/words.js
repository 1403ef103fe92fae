/* Two words that this page shows and the gateway's terminal repeats, so that the user there admits this browser and no other. */

const CONSONANTS = "bdfghjklmnprstvz", VOWELS = "aiou";

/**
 * Two words that can be said aloud, such as lusab-torik: 32 bits.
 * @param {Uint8Array} random four bytes
 */
export function wordsOf(random) {
	const words = [0, 2].map(at => {
		const bits = random[at] << 8 | random[at + 1];
		return CONSONANTS[bits >> 12] + VOWELS[bits >> 10 & 3] + CONSONANTS[bits >> 6 & 15] + VOWELS[bits >> 4 & 3] + CONSONANTS[bits & 15];
	});
	return words.join("-");
}
