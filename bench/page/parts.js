// Where a start's time goes (bench/starts.js --parts): marks in the page and in its programs' workers, by what each asks of the engine, in one clock.
const now = () => performance.timeOrigin + performance.now();
const marks = [];
let began = 0;

window.parts = {
	begin() {
		began = now();
		marks.length = 0;
	},
	/** [[what, ms since run()]], in order */
	list: () => marks.map(([what, at]) => [what, at - began]).sort((a, b) => a[1] - b[1]),
};

const mark = (what) => marks.push([what, now()]);

const fetched = window.fetch;
window.fetch = async (...how) => {
	const what = String(how[0]).split("/").at(-1);
	const response = await fetched(...how);
	mark(`page: ${what} answered`);
	return response;
};

window.WebSocket = class extends WebSocket {
	constructor(...how) {
		super(...how);
		mark("page: socket begun");
		this.addEventListener("open", () => mark("page: socket open"));
		this.addEventListener("message", () => mark("page: welcome"), { once: true });
	}

	send(bytes) {
		mark("page: sent");
		super.send(bytes);
	}
};

for (const how of ["compileStreaming", "instantiate"]) {
	const original = WebAssembly[how];
	WebAssembly[how] = async (...given) => {
		const made = await original.apply(WebAssembly, given);
		mark(`page: ${how}`);
		return made;
	};
}

window.Worker = class extends Worker {
	constructor(url, how) {
		super("/parts-worker.js", how);
		mark("page: worker begun");
		this.addEventListener("message", ({ data }) => {
			if (data.is === "marks")
				marks.push(...data.marks);
			if (["ready", "running"].includes(data.is))
				mark(`page: heard ${data.is}`);
		});
	}

	postMessage(message, ...more) {
		super.postMessage(message, ...more);
		mark(`page: posted ${message.do}`);
	}
};
