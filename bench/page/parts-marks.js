// In a program's worker: what it has done, and when, is told with its first word that it runs.
const now = () => performance.timeOrigin + performance.now();
const marks = [];
const mark = (what) => marks.push([`worker: ${what}`, now()]);
mark("its script begins");

addEventListener("message", ({ data }) => mark(`got ${data.do}`));

const post = self.postMessage;
self.postMessage = (message, ...more) => {
	if (message.is === "ready")
		mark("ready");
	if (message.is === "running") {
		mark("running");
		post.call(self, { is: "marks", marks: marks.splice(0) });
	}
	post.call(self, message, ...more);
};

self.WebSocket = class extends WebSocket {
	#isSaid = false;

	constructor(...how) {
		super(...how);
		mark("socket begun");
		this.addEventListener("open", () => mark("socket open"));
		this.addEventListener("message", () => mark("welcome"), { once: true });
	}

	send(bytes) {
		if (!this.#isSaid)
			mark("hello");
		this.#isSaid = true;
		super.send(bytes);
	}
};

const instantiate = WebAssembly.instantiate;
WebAssembly.instantiate = async (...given) => {
	mark("instance begun");
	const promise = instantiate.apply(WebAssembly, given);
	mark("instantiate returned");
	const made = await promise;
	mark("instance made");
	return made;
};
