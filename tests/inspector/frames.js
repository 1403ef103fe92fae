// What a gateway would send a debugger (docs/PROTOCOL.md, Debuggers), for tests of the inspector that need no gateway.
// tests/vectors/watch.json holds these against the C side's.
import { NONE, NONE64, TO_DEBUGGER } from "../../static/inspector/codec.js";
import { Writer, toBytes } from "../../static/shim/base/codec.js";

function frame(type, write, { flags = 0, count = 0 } = {}) {
	const w = new Writer(1024);
	w.frame(type, flags, count);
	write(w);
	return w.take();
}

const strings = (w, list) => {
	w.u32(list.length);
	list.forEach((text) => w.string(text));
};

export const welcome = ({ version = 1, scope = 1, data = false, realtime = 0n, monotonic = 0n, name = "app", origin = "http://localhost:1" } = {}) =>
	frame(TO_DEBUGGER.WELCOME, (w) => {
		w.u32(version);
		w.u32(scope);
		w.u32(data ? 1 : 0);
		w.u64(realtime);
		w.u64(monotonic);
		w.string(name);
		w.string(origin);
	});

export const program = ({ program: id, session = 1, realtime = 0n, flags = 0, name = "", address = "127.0.0.1", browser = "", args = [], env = [] }) =>
	frame(TO_DEBUGGER.PROGRAM, (w) => {
		w.u32(id);
		w.u32(session);
		w.u64(realtime);
		w.u32(flags);
		w.string(name);
		w.string(address);
		w.string(browser);
		strings(w, args);
		strings(w, env);
	});

export const sockets = ({ program: id, sockets: all }) => frame(TO_DEBUGGER.SOCKETS, (w) => {
	w.u32(id);
	for (const { handle, kind = 1, state = 3, flags = 0, received = 0, sent = 0, own = "", peer = "", name = "" } of all) {
		w.u32(handle);
		w.u16(kind);
		w.u16(state);
		w.u32(flags);
		w.u64(BigInt(received));
		w.u64(BigInt(sent));
		w.string(own);
		w.string(peer);
		w.string(name);
	}
}, { count: all.length });

export const rules = ({ program: id = 0, which = 0, rules: all }) => frame(TO_DEBUGGER.RULES, (w) => {
	w.u32(id);
	w.u32(which);
	strings(w, all);
});

export const ended = ({ program: id, reason = 0, code = null, realtime = 0n, message = "" }) =>
	frame(TO_DEBUGGER.ENDED, (w) => {
		w.u32(id);
		w.u32(reason);
		w.u32(code === null ? 0 : 1);
		w.u32(code ?? 0);
		w.u64(realtime);
		w.string(message);
	});

function call(w, c) {
	const parts = [c.text, c.result ?? "= 0", c.path ?? "", c.path2 ?? "", c.data ?? ""].map((part) => typeof part === "string" ? toBytes(part) : part);
	w.u32(104 + parts.reduce((sum, part) => sum + 4 + part.length, 0));
	w.u32(c.program);
	w.u64(BigInt(c.number));
	w.u64(c.time);
	w.u16(c.call);
	w.u16(c.errno ?? 0);
	w.u16(c.flags ?? 0);
	w.u16(c.index ?? 0);
	w.u32(c.batch ?? 0);
	w.u32(c.handle ?? NONE);
	w.u32(c.handle2 ?? NONE);
	w.u32(c.bytesIn ?? 0);
	w.u32(c.bytesOut ?? 0);
	w.u32(0);
	w.u64(BigInt(c.queue ?? 0));
	w.u64(BigInt(c.duration ?? 0));
	w.u64(c.hash ?? 0n);
	w.u64(c.offset ?? NONE64);
	w.u64(c.value ?? NONE64);
	w.u64(0n);
	parts.forEach((part) => w.string(part));
}

export const calls = (list) => frame(TO_DEBUGGER.CALLS, (w) => list.forEach((one) => call(w, one)), { count: list.length });

export const handles = ({ program: id, snapshot = false, handles: list }) =>
	frame(TO_DEBUGGER.HANDLES, (w) => {
		w.u32(id);
		for (const h of list) {
			w.u32(h.handle);
			w.u32(h.flags ?? 1);
			w.u16(h.filetype ?? 4);
			w.u16(h.fdflags ?? 0);
			w.u64(h.rights ?? 0n);
			w.u64(h.inheriting ?? 0n);
			w.u64(h.offset ?? NONE64);
			w.u64(BigInt(h.opened ?? 0));
			w.string(h.path ?? "");
		}
	}, { flags: snapshot ? 1 : 0, count: list.length });

export const output = ({ program: id, stream = 1, realtime = 0n, bytes }) =>
	frame(TO_DEBUGGER.OUTPUT, (w) => {
		w.u32(id);
		w.u32(stream);
		w.u64(realtime);
		w.string(bytes);
	});

export const state = ({ program: id, mode = 1, state: its = 0, why = 0, breakpoint = 0, text = "" }) =>
	frame(TO_DEBUGGER.STATE, (w) => {
		[id, mode, its, why, breakpoint].forEach((number) => w.u32(number));
		w.string(text);
	});

export const scope = ({ scope: its, data = false, message = "" }) =>
	frame(TO_DEBUGGER.SCOPE, (w) => {
		w.u32(its);
		w.u32(data ? 1 : 0);
		w.string(message);
	});

export const consoleLine = ({ program: id, level = 1, realtime = 0n, text }) =>
	frame(TO_DEBUGGER.CONSOLE, (w) => {
		w.u32(id);
		w.u32(level);
		w.u64(realtime);
		w.string(text);
	});

export const memory = ({ program: id, request, error = 0, size = 0, address = NONE64, bytes = "" }) => frame(TO_DEBUGGER.MEMORY_IS, (w) => {
	[id, request, error].forEach((number) => w.u32(number));
	w.u64(BigInt(size));
	w.u64(address);
	w.string(bytes);
});

export const recording = ({ program: id, part, bytes }) => frame(TO_DEBUGGER.RECORDING, (w) => {
	w.u32(id);
	w.u32(part);
	w.string(bytes);
});
export const injected = ({ program: id, rules: all, wrong = "" }) => frame(TO_DEBUGGER.INJECTED, (w) => {
	w.u32(id);
	strings(w, all);
	w.string(wrong);
});

export const dropped = ({ calls: number }) => frame(TO_DEBUGGER.DROPPED, (w) => w.u64(BigInt(number)));

export const times = (list) =>
	frame(TO_DEBUGGER.TIMES, (w) => {
		for (const t of list) {
			w.u32(t.program);
			w.u32(t.batch);
			w.u16(t.call);
			w.u16(0);
			w.u32(t.within ?? 0);
			w.u64(BigInt(t.page));
			w.u64(BigInt(t.trip));
		}
	}, { count: list.length });
