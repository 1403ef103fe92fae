/* Lets this browser in: claims the token of the link that the gateway printed, keeps the session's secret for the pages of this origin, and
 * goes on to where the link leads. Without a token it says how to get one. */
import { SECRET_NAME } from "../shim/entry.js";
import { readHash, readPasted } from "./link.js";

const title = document.getElementById("title");
const message = document.getElementById("message");
const form = document.getElementById("form");
const input = document.getElementById("link");
const wrong = document.getElementById("wrong");

const entry = readHash(location.hash);
// The token has no business in the history, nor on the screen.
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
	say(heading, ...paragraphs, "Press [Enter] in the terminal where `wvwasi-gw` runs: it prints a new link. Open that, or paste it here.");
	form.hidden = false;
	input.focus();
}

const gone = () => say("The gateway doesn’t answer",
	"It was started in a terminal on this computer, and has ended since. Start it there again and open the link that it prints.");

async function post(name, headers, body) {
	const response = await fetch(`/_wvwasi/${name}`, {
		method: "POST",
		headers: { "Content-Type": "application/json", ...headers },
		body: JSON.stringify(body),
	});
	return { ok: response.ok, status: response.status, ...await response.json() };
}

const goOn = () => location.replace(entry.to);

/** True: we are in. Else: why not, in a sentence. */
async function claim(token) {
	const answer = await post("claim", {}, { token });
	if (!answer.ok)
		return answer.error;
	localStorage.setItem(SECRET_NAME, answer.secret);
	goOn();
	return true;
}

async function isInAlready() {
	const secret = localStorage.getItem(SECRET_NAME);
	if (!secret)
		return false;
	const answer = await post("ticket", { "Wvwasi-Secret": secret }, { count: 1 });
	if (answer.status === 401)
		localStorage.removeItem(SECRET_NAME);
	return answer.ok;
}

async function enter() {
	if (entry.token) {
		const answer = await claim(entry.token);
		if (answer === true)
			return;
		// A link that was used by this very browser: back, or a second tab.
		if (await isInAlready())
			goOn();
		else
			askForLink("This link doesn’t work", `The gateway says: ${answer}.`);
	} else if (await isInAlready()) {
		goOn();
	} else {
		askForLink("Who are you?", "Pages here run programs on this computer’s files, so the gateway wants to know that it is you who asks.");
	}
}

form.addEventListener("submit", async event => {
	event.preventDefault();
	const token = readPasted(input.value);
	if (token === null) {
		wrong.textContent = "That isn’t a link of wvwasi-gw: it ends with #k= and 22 characters.";
		return;
	}
	try {
		const answer = await claim(token);
		if (answer !== true)
			wrong.textContent = `The gateway says: ${answer}.`;
	} catch {
		gone();
	}
});

// A fresh link opened in this very tab changes the fragment alone, which loads nothing.
addEventListener("hashchange", () => location.reload());

enter().catch(gone);
