//# allFunctionsCalledOnLoad
/* Makes the HELLO from an app's options, and checks them. Leaves to others: sending it. */
import { COHERENCE, HELLO, sourceBytes, toBytes } from "../base/codec.js";

/** The first bytes of stdin travel in the hello; more are fed by the control side. */
const FIRST_STDIN = 64 << 10;

/**
 * { hello, stdin: { bytes, eof, rest } }; rest: an async iterable of what comes after, or null.
 * options: args, env, preopens, net, inject, stdin, stdout, stderr, tty, coherence. flags: HELLO bits of the connection. program: which it is (module.js), if
 * hints from its last start are wanted.
 */
export function makeHello(options, flags, program = null) {
	const { args = [], env = {}, preopens, net, inject, tty, coherence = "default" } = options;
	if (!Object.hasOwn(COHERENCE, coherence))
		throw new TypeError(`coherence "${coherence}" is none of ${Object.keys(COHERENCE).join(", ")}`);
	const stdin = splitStdin(options.stdin);
	flags |= HELLO.NEW;
	const variables = { ...env };
	if (tty) {
		flags |= HELLO.TTY;
		variables.COLUMNS ??= String(tty.columns ?? 80);
		variables.LINES ??= String(tty.rows ?? 24);
	}
	if (options.stdin === "inherit")
		flags |= HELLO.INHERIT_STDIN;
	else if (stdin.eof)
		flags |= HELLO.STDIN_EOF;
	if (options.stdout === "inherit")
		flags |= HELLO.INHERIT_STDOUT;
	if (options.stderr === "inherit")
		flags |= HELLO.INHERIT_STDERR;
	if (preopens !== undefined)
		flags |= HELLO.PREOPENS;
	if (net !== undefined)
		flags |= HELLO.NET;
	if (inject !== undefined)
		flags |= HELLO.INJECT;
	if (program !== null && coherence === "default")
		flags |= HELLO.HINTS;
	const hello = {
		flags, coherence: COHERENCE[coherence], columns: tty?.columns ?? 0, rows: tty?.rows ?? 0,
		args: args.map(value => nulFree(value, "an argument")),
		env: Object.entries(variables).map(([name, value]) => variable(name, value)),
		preopens: Object.entries(preopens ?? {}).map(([name, grant]) => (typeof grant === "string"
			? { name, grant, readOnly: false } : { name, grant: grant.path, readOnly: Boolean(grant.readonly) })),
		stdin: stdin.bytes, program, net: (net ?? []).map(rule => nulFree(rule, "a rule")),
		injections: (inject ?? []).map(rule => nulFree(rule, "a rule")),
	};
	return { hello, stdin };
}

function nulFree(value, what) {
	const bytes = sourceBytes(value, what);
	if (bytes.includes(0))
		throw new TypeError(`${what} can't hold a NUL`);
	return bytes;
}

function variable(name, value) {
	if (name === "" || name.includes("="))
		throw new TypeError(`"${name}" can't be a variable's name`);
	const head = toBytes(`${name}=`), bytes = nulFree(value, `the variable ${name}`);
	const whole = new Uint8Array(head.length + bytes.length);
	whole.set(head);
	whole.set(bytes, head.length);
	return nulFree(whole, "a variable");
}

function splitStdin(stdin) {
	if (stdin === "inherit" || stdin === "pipe")
		return { bytes: new Uint8Array(0), eof: false, rest: null };
	if (stdin === undefined || stdin === null)
		return { bytes: new Uint8Array(0), eof: true, rest: null };
	if (typeof stdin === "string" || ArrayBuffer.isView(stdin) || stdin instanceof ArrayBuffer) {
		const bytes = sourceBytes(stdin, "stdin");
		if (bytes.length <= FIRST_STDIN)
			return { bytes, eof: true, rest: null };
		return { bytes: bytes.slice(0, FIRST_STDIN), eof: false, rest: once(bytes.subarray(FIRST_STDIN)) };
	}
	if (typeof stdin.getReader === "function")
		return { bytes: new Uint8Array(0), eof: false, rest: chunks(stdin) };
	if (typeof stdin[Symbol.asyncIterator] === "function" || typeof stdin[Symbol.iterator] === "function")
		return { bytes: new Uint8Array(0), eof: false, rest: stdin };
	throw new TypeError("stdin is a string, an ArrayBuffer or a view of one, a ReadableStream, an async iterable or \"inherit\"");
}

async function* once(bytes) {
	yield bytes;
}

/* Not every engine can iterate a ReadableStream. */
async function* chunks(stream) {
	const reader = stream.getReader();
	try {
		for (let piece; !(piece = await reader.read()).done;)
			yield piece.value;
	} finally {
		reader.cancel().catch(() => {}); // the program has ended: nobody reads the rest
	}
}

/** { promise, resolve, reject } of one that isn't known yet. */
export function pendingHello() {
	const hello = {};
	hello.promise = new Promise((resolve, reject) => Object.assign(hello, { resolve, reject }));
	hello.promise.catch(() => {}); // the connection hears of it
	return hello;
}
