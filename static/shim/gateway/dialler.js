//# allFunctionsCalledOnLoad
/* A program's two connections, opened while it is compiled, or before there is a program at all. Leaves to others: what the hello says (hello.js), what a
 * connection carries. */
import { Connection } from "./connection.js";
import { pendingHello } from "./hello.js";

/* The server waits for a hello twice as long; for those of connections that stand ready, ten minutes. */
const HELLO_MS = 5000, STANDING_MS = 570_000;

export class Dialler {
	#tickets;
	#tell;
	#hello = pendingHello(); // of the control connection
	#dialled = null; // promise of { connection, second }
	#dialledAt = 0; // ms
	#lastsMs = HELLO_MS;
	#isSaid = false; // the hello

	/** tickets: () => a promise of two; tell: (ticket) has the worker open its own connection */
	constructor(tickets, tell) {
		this.#tickets = tickets;
		this.#tell = tell;
	}

	/** Opens both before there is a program: they stand ready for ten minutes, unless the server hangs up. */
	stand() {
		this.#begin(STANDING_MS);
		const dialled = this.#dialled;
		dialled.catch(() => this.#dialled === dialled && this.#forget());
	}

	/** Are they open, or being opened? */
	get isDialled() {
		return this.#dialled !== null && performance.now() - this.#dialledAt <= this.#lastsMs;
	}

	/** For this program; tickets: the constructor's, for the case that what stands is lost before. */
	use(tickets) {
		this.#tickets = tickets;
		return this;
	}

	/** Opens the control connection, but for its hello, and has the worker open its own, unless that was done just now, or they stand ready. */
	dial() {
		if (!this.isDialled)
			this.#begin(HELLO_MS);
	}

	#begin(lastsMs) {
		this.#hello.reject(new Error("the program took long to compile"));
		const { promise } = this.#hello = pendingHello();
		this.#dialledAt = performance.now();
		this.#lastsMs = lastsMs;
		const open = async () => {
			const [ticket, second] = await this.#tickets();
			this.#tell(second);
			return { connection: await Connection.open({ ticket, hello: promise }), second };
		};
		this.#dialled = open();
		this.#dialled.catch(() => {}); // open() hears of it
	}

	/** Says hello: { connection, second }, the control connection and the ticket of the worker's. Rejects as Connection.open() does, and
	 * may then be called again. */
	async open(hello) {
		this.dial();
		this.#isSaid = true;
		this.#hello.resolve(hello);
		return this.#dialled.finally(() => {
			this.#dialled = null;
			this.#isSaid = false;
		});
	}

	/** The worker's was closed before it said its hello: both are opened anew when they are needed. */
	lose() {
		if (this.#isSaid)
			return;
		this.#hello.reject(new Error("the other connection was closed"));
		this.#forget();
	}

	#forget() {
		if (!this.#isSaid)
			this.#dialled = null;
	}

	/** No hello will be said. */
	fail(error) {
		this.#hello.reject(error);
	}
}
