//# allFunctionsCalledOnLoad
/* A program's two connections, opened while it is compiled. Leaves to others: what the hello says (hello.js), what a connection carries. */
import { Connection } from "./connection.js";
import { pendingHello } from "./hello.js";

/* The server waits for a hello twice as long. */
const HELLO_MS = 5000;

export class Dialler {
	#tickets;
	#tell;
	#hello = pendingHello(); // of the control connection
	#dialled = null; // promise of { connection, second }
	#dialledAt = 0; // ms

	/** tickets: () => a promise of two; tell: (ticket) has the worker open its own connection */
	constructor(tickets, tell) {
		this.#tickets = tickets;
		this.#tell = tell;
	}

	/** Opens the control connection, but for its hello, and has the worker open its own, unless that was done just now. */
	dial() {
		if (this.#dialled !== null && performance.now() - this.#dialledAt <= HELLO_MS)
			return;
		this.#hello.reject(new Error("the program took long to compile"));
		const { promise } = this.#hello = pendingHello();
		this.#dialledAt = performance.now();
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
		this.#hello.resolve(hello);
		return this.#dialled.finally(() => (this.#dialled = null));
	}

	/** No hello will be said. */
	fail(error) {
		this.#hello.reject(error);
	}
}
