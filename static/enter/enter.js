/* Gets this browser a session: claims the token of the link that the gateway printed, keeps the session's secret for the pages of this origin,
 * and goes to the link's target. Without a token it says how to get one. */
import { SECRET_NAME } from "../shim/gateway/tickets.js";
import { readCode, readHash, readPasted } from "./link.js";
import { wordsOf } from "./words.js";

const title = document.getElementById("title");
const message = document.getElementById("message");
const form = document.getElementById("form");
const input = document.getElementById("link");
const wrong = document.getElementById("wrong");

const entry = readHash(location.hash), { hash, search } = location;
// From another machine debuggers use this page too, at an origin of their own, whose secret has a name of its own.
const debugs = entry.to === "/_wvwasi/inspector", secretName = debugs ? "wvwasi.debug.secret" : SECRET_NAME;
// Removes the token from the history and the address bar.
history.replaceState(null, "", location.pathname);

/** Paragraphs; `code` and [kbd] in them are marked so. */
function say(heading, ...paragraphs) {
	title.textContent = heading;
	document.title = `${heading} · wvwasi-gw`;
	message.replaceChildren(...paragraphs.map(text => {
		const paragraph = document.createElement("p");
		for (const part of text.split(/(`[^`]+`|\[[^\]]+\])/)) {
			const mark = part[0] === "`" ? "code" : part[0] === "[" ? "kbd" : null;
			if (mark === null) {
				paragraph.append(part);
				continue;
			}
			const element = document.createElement(mark);
			element.textContent = part.slice(1, -1);
			paragraph.append(element);
		}
		return paragraph;
	}));
}

function askForLink(heading, ...paragraphs) {
	say(heading, ...paragraphs, location.protocol === "https:"
		? `Press \`${debugs ? "D" : "p"}\` in the terminal where \`wvwasi-gw\` runs: it shows a QR code to scan, and a code of eight letters to type here.`
		: "Press [Enter] in the terminal where `wvwasi-gw` runs: it prints a new link, and a code of eight letters and digits. Open the link, or type the code here.");
	form.hidden = false;
	input.focus();
}

function showGone() {
	say("The gateway doesn’t answer",
		location.protocol === "https:" ? "It has ended, or this device is now in another network."
			: "It was started in a terminal on this computer, and has ended since. Start it there again, and open the link that it prints, or type its code here.");
	form.hidden = false;
	input.value = wrong.textContent = "";
	input.focus();
}

async function post(name, headers, body) {
	const response = await fetch(`/_wvwasi/${name}`, {
		method: "POST",
		headers: { "Content-Type": "application/json", ...headers },
		body: JSON.stringify(body),
	});
	return { ok: response.ok, status: response.status, ...await response.json() };
}

/** Another program may have had this port before, and left a worker that answers for us. The app's own registers itself again. */
async function forgetServiceWorkers() {
	try {
		for (const registration of await navigator.serviceWorker.getRegistrations())
			await registration.unregister();
	} catch {} // service workers aren't available here
}

const proceed = () => location.replace(entry.to);

/** Claims a session. True: done. Else a sentence that says why not. what: { token } or { code }. */
async function claim(what) {
	// From another machine (https) the user at the gateway is asked first. The words are shown before the answer to the claim comes.
	const words = location.protocol === "https:" ? wordsOf(crypto.getRandomValues(new Uint8Array(4))) : undefined;
	const asks = words && setTimeout(() => {
		form.hidden = true; // the code is used
		say("Say yes at the gateway", `This browser’s words are \`${words}\`.`,
			"The gateway asks in its terminal, on the other machine, whether to admit the browser with these words. You have half a minute: type `y` there if they are the same, `n` if not.");
	}, 300);
	const answer = await post("claim", {}, { ...what, words }).finally(() => clearTimeout(asks));
	if (!answer.ok)
		return answer.error;
	await forgetServiceWorkers(); // of narrower scopes
	localStorage.setItem(secretName, answer.secret);
	proceed();
	return true;
}

async function hasSession() {
	const secret = localStorage.getItem(secretName);
	if (!secret)
		return false;
	const answer = await post("ticket", { "Wvwasi-Secret": secret }, { count: 1 });
	if (answer.status === 401)
		localStorage.removeItem(secretName);
	return answer.ok;
}

/* A page's requests go through the service worker under which it was loaded, even after that was unregistered: so reloads. True: it reloads. */
async function reloadWithoutServiceWorker() {
	if (!navigator.serviceWorker?.controller || search.includes("alone"))
		return false;
	await forgetServiceWorkers();
	location.replace(`${location.pathname}?alone=${Date.now()}${hash}`);
	return true;
}

async function enter() {
	if (await reloadWithoutServiceWorker())
		return;
	if (entry.token) {
		const answer = await claim({ token: entry.token });
		if (answer === true)
			return;
		// This browser has used the link itself: Back, or a second tab.
		if (await hasSession())
			proceed();
		else if (/has been used/.test(answer))
			askForLink("This link was opened before", "Each link works once, and this browser wasn’t the first to open it.",
				"If that wasn’t you: type `l` in the terminal to see who is in, and `r` with a number to throw that one out.");
		else
			askForLink("This link doesn’t work", `The gateway says: ${answer}.`);
	} else if (await hasSession()) {
		proceed();
	} else {
		askForLink("Who are you?", "Pages here run programs on this computer’s files, so the gateway wants to know that it is you who asks.");
	}
}

form.addEventListener("submit", async event => {
	event.preventDefault();
	const token = readPasted(input.value);
	const code = readCode(input.value);
	if (token === null && code === null) {
		wrong.textContent = "That is neither a code, eight letters and digits, nor a link of wvwasi-gw, which ends with #k= and 22 characters.";
		return;
	}
	try {
		const answer = await claim(token === null ? { code } : { token });
		if (answer !== true && form.hidden)
			askForLink("Not let in", `The gateway says: ${answer}.`);
		else if (answer !== true)
			wrong.textContent = `The gateway says: ${answer}.`;
	} catch {
		showGone();
	}
});

// A new link opened in this tab changes only the fragment, which doesn't load the page again.
addEventListener("hashchange", () => location.reload());

enter().catch(showGone);
