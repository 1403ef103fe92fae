/* A notification when a long run ends while nobody looks. The user is asked once, after the first long run has begun. */
const LONG_S = 30;
const ASKED = "wvwasi.terminal.askedToNotify";

export class Ending {
	#offer;
	#name;

	/** @param {import("./offer.js").Offer} offer @param {string} name of the program */
	constructor(offer, name) {
		this.#offer = offer;
		this.#name = name;
	}

	/** @param {number} seconds that it has been running */
	runs(seconds) {
		if (seconds < LONG_S || !("Notification" in window) || Notification.permission !== "default" || localStorage.getItem(ASKED) !== null)
			return;
		localStorage.setItem(ASKED, "yes");
		this.#offer.show("This runs for long. Shall a notification say when it ends, if you look at something else?", "Notify me", () => Notification.requestPermission());
	}

	/** @param {string} status @param {number} seconds that it ran */
	ended(status, seconds) {
		if (seconds >= LONG_S && document.hidden && "Notification" in window && Notification.permission === "granted")
			new Notification(this.#name, { body: status, tag: "wvwasi" }).addEventListener("click", () => window.focus());
	}
}
