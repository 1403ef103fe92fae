// A page of another origin that tries everything a page can against a gateway. What it gets, it lists: the list should be empty.
// Runs in the attacking page (tests/browsers/malicious.js puts it there); leaves to the test what the gateway noticed.

const PATIENCE_MS = 8000;
const got = [];
const late = Symbol("late");
const within = (promise) => Promise.race([promise, new Promise(resolve => setTimeout(resolve, PATIENCE_MS, late))]);

/** Notes what an attack gets: anything but null, a rejection or silence. */
async function attempt(what, run) {
	try {
		const loot = await within(run());
		if (loot !== null && loot !== undefined && loot !== late)
			got.push(`${what}: ${String(loot).slice(0, 200)}`);
	} catch {} // refused: as it should be
}

/** A resource by an element: its load event is already news. */
const byElement = (tag, attribute, url, more = {}) => () => new Promise(resolve => {
	const element = Object.assign(document.createElement(tag), more);
	element.onload = element.onloadeddata = () => resolve("loaded");
	element.onerror = () => resolve(null);
	element[attribute] = url;
	document.body.append(element);
});

function submit(method, url, fields, enctype) {
	return () => new Promise(resolve => {
		const frame = document.body.appendChild(document.createElement("iframe"));
		frame.name = `frame${Math.random()}`;
		const form = document.body.appendChild(document.createElement("form"));
		Object.assign(form, { method, action: url, target: frame.name, enctype });
		for (const [name, value] of Object.entries(fields))
			form.append(Object.assign(document.createElement("input"), { name, value }));
		let loads = 0;
		frame.onload = () => {
			if (++loads > 1)
				resolve(read(frame));
		};
		form.submit();
	});
}

/** What of a frame can be read from outside. */
function read(frame) {
	try {
		const text = frame.contentDocument?.documentElement?.textContent;
		return text ? text : null; // our own about:blank is empty
	} catch {
		return null;
	}
}

const openSocket = (url, protocols) => () => new Promise(resolve => {
	const socket = new WebSocket(url, protocols);
	socket.onopen = () => resolve("open");
	socket.onmessage = ({ data }) => resolve(data);
	socket.onerror = socket.onclose = () => resolve(null);
});

/** @param {{ origin: string, token: string, ticket: string, guess: string }} target token and ticket are good ones: even those mustn't help */
window.attack = async ({ origin, token, ticket, guess }) => {
	const socketOrigin = origin.replace("http", "ws");
	const paths = ["/", "/secret.txt", "/app.js", "/_wvwasi/enter", "/_wvwasi/wvwasi.js", "/_wvwasi/icon.svg", "/_wvwasi/program.json", "/_wvwasi/call"];
	const body = JSON.stringify({ token });
	const attacks = [];
	const add = (what, run) => attacks.push(attempt(what, run));

	for (const path of paths)
		for (const mode of ["cors", "no-cors", "same-origin"])
			for (const credentials of ["include", "omit"])
				add(`fetch ${mode} ${credentials} ${path}`, async () => {
					const response = await fetch(origin + path, { mode, credentials, cache: "no-store" });
					return response.type === "opaque" ? null : await response.text() || response.status;
				});
	for (const name of ["claim", "ticket", "call"])
		for (const mode of ["cors", "no-cors"])
			for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json", "application/octet-stream"])
				add(`post ${mode} ${type} ${name}`, async () => {
					const headers = { "Content-Type": type, ...(mode === "cors" && { "Wvwasi-Secret": guess, "Wvwasi-Ticket": ticket }) };
					const response = await fetch(`${origin}/_wvwasi/${name}`, { method: "POST", mode, headers, body, credentials: "include", keepalive: true });
					return response.type === "opaque" ? null : await response.text();
				});
	for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"])
		add(method, async () => (await fetch(`${origin}/secret.txt`, { method })).status);
	add("XMLHttpRequest", () => new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();
		request.open("GET", `${origin}/secret.txt`);
		request.onload = () => resolve(request.responseText);
		request.onerror = reject;
		request.send();
	}));
	add("beacon", async () => {
		navigator.sendBeacon(`${origin}/_wvwasi/claim`, new Blob([body], { type: "text/plain" })); // it says only that it was queued
	});
	add("form get", submit("get", `${origin}/`, {}));
	add("form post", submit("post", `${origin}/_wvwasi/claim`, { token }));
	add("form post text", submit("post", `${origin}/_wvwasi/claim`, { [`${body.slice(0, -1)},"x":"`]: '"}' }, "text/plain"));
	add("form post multipart", submit("post", `${origin}/_wvwasi/claim`, { token }, "multipart/form-data"));
	for (const path of paths) {
		add(`image ${path}`, byElement("img", "src", origin + path));
		add(`image crossorigin ${path}`, byElement("img", "src", origin + path, { crossOrigin: "anonymous" }));
		add(`script ${path}`, byElement("script", "src", origin + path));
		add(`module ${path}`, byElement("script", "src", origin + path, { type: "module" }));
		add(`import ${path}`, async () => Object.keys(await import(origin + path)));
		add(`style ${path}`, byElement("link", "href", origin + path, { rel: "stylesheet" }));
		add(`video ${path}`, byElement("video", "src", origin + path));
	}
	for (const path of ["/", "/secret.txt", "/_wvwasi/enter", `/_wvwasi/enter#k=${token}&to=/`, "/_wvwasi/terminal"])
		add(`frame ${path.split("#")[0]}`, () => new Promise(resolve => {
			const frame = document.createElement("iframe");
			frame.onload = () => setTimeout(() => resolve(read(frame) ?? (frame.contentWindow?.length ? "frames" : null)), 300);
			frame.src = origin + path;
			document.body.append(frame);
		}));
	add("object", () => new Promise(resolve => {
		const object = Object.assign(document.createElement("object"), { data: `${origin}/secret.txt` });
		object.onload = () => resolve(object.contentDocument?.body?.textContent || null);
		object.onerror = () => resolve(null);
		document.body.append(object);
	}));
	add("worker", () => new Promise((resolve, reject) => {
		const worker = new Worker(`${origin}/_wvwasi/shim/worker.js`, { type: "module" });
		worker.onmessage = ({ data }) => resolve(data);
		worker.onerror = reject;
	}));
	add("importScripts", () => new Promise((resolve, reject) => {
		const source = `try { importScripts("${origin}/app.js"); postMessage("imported") } catch { postMessage(null) }`;
		const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
		worker.onmessage = ({ data }) => resolve(data);
		worker.onerror = reject;
	}));
	add("event source", () => new Promise(resolve => {
		const source = new EventSource(`${origin}/secret.txt`, { withCredentials: true });
		source.onopen = source.onmessage = () => resolve("open");
		source.onerror = () => resolve(null);
	}));
	for (const protocols of [[], ["wvwasi.1"], ["wvwasi.1", `t.${ticket}`], [`t.${ticket}`], ["wvwasi.1", `t.${token}`]])
		for (const path of ["/_wvwasi/ws", "/"])
			add(`socket ${protocols.length} ${path}`, openSocket(socketOrigin + path, protocols));
	add("service worker", async () => (await navigator.serviceWorker.register(`${origin}/app.js`)).scope);
	add("service worker for its scope", async () => (await navigator.serviceWorker.register("/worker.js", { scope: `${origin}/` })).scope);
	add("popup", async () => {
		const popup = window.open(`${origin}/`, "_blank");
		await new Promise(resolve => setTimeout(resolve, 1000)); // an attacker's patience
		return popup ? popup.document.documentElement.textContent || null : null; // about:blank while it loads, and then nobody's
	});
	add("storage", async () => localStorage.getItem("wvwasi.secret"));
	await Promise.all(attacks);
	return { got, tried: attacks.length };
};
