//# allFunctionsCalledOnLoad
/* Tells the user of a page what the app may not: that the gateway has ended, that this page didn't come from one, that the browser discarded it. An app with
 * better words handles the event "wvwasi-notice" of its window and calls preventDefault(). The element has a closed shadow root, so that the app's styles don't
 * reach it by accident. */

import { CLOSE } from "../base/codec.js";
import { GatewayLost } from "../base/errors.js";

const CUT = 1006; // a connection that ended without a close code
const STYLE = {
	position: "fixed", top: "12px", left: "50%", transform: "translateX(-50%)", zIndex: "2147483647", boxSizing: "border-box", width: "max-content",
	maxWidth: "min(640px, 94vw)",
	display: "flex", gap: "16px", alignItems: "start", padding: "12px 16px", borderRadius: "8px", border: "1px solid #fff8",
	font: "15px/1.45 system-ui, sans-serif", color: "#fff", background: "#7a1420", boxShadow: "0 2px 12px #0008",
};
const CLOSE_STYLE = { font: "inherit", color: "inherit", background: "none", border: "1px solid #fff8", borderRadius: "6px", padding: "2px 10px",
	cursor: "pointer" };
/** @type {{ host: HTMLElement, text: HTMLElement } | null} */
let shown = null;

/** Tells the user, unless the app does. kind: "gone", "removed", "foreign" or "discarded" (wvwasi.d.ts). In a worker nothing is shown.
 * @param {string} kind @param {string} message a sentence */
export function tell(kind, message) {
	if (typeof document === "undefined" || !dispatchEvent(new CustomEvent("wvwasi-notice", { cancelable: true, detail: { kind, message } })))
		return;
	if (!shown?.host.isConnected) // the app may have removed it
		shown = make();
	shown.text.textContent = message;
	shown.host.dataset.kind = kind;
	shown.host.setAttribute("aria-label", message);
}

/** Tells of a loss that concerns the whole page: of the gateway, not of one program that it ended. Gives the error. */
export function tellLoss(error) {
	if (!(error instanceof GatewayLost) || ![CUT, CLOSE.GATEWAY, CLOSE.SESSION].includes(error.code))
		return error;
	const sentence = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
	if (error.foreign)
		tell("foreign", sentence);
	else if (error.code === CLOSE.SESSION)
		tell("removed", `${sentence} A new link from there lets you in again.`);
	else
		tell("gone", `${sentence} Start the gateway again where it ran, and open the link that it prints.`);
	return error;
}

/** The notice is closed. */
function untell() {
	shown?.host.remove();
	shown = null;
}

function make() {
	const host = document.createElement("wvwasi-notice"), box = document.createElement("div"), text = document.createElement("div");
	const close = Object.assign(document.createElement("button"), { type: "button", textContent: "Close", onclick: untell });
	host.setAttribute("role", "alert");
	Object.assign(box.style, STYLE);
	Object.assign(close.style, CLOSE_STYLE);
	box.append(text, close);
	host.attachShadow({ mode: "closed" }).append(box);
	document.documentElement.append(host);
	return { host, text };
}
