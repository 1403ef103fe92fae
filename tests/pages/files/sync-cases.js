// FileSystemSyncAccessHandle's promises, in a worker: as in cases.js.
import { of, put, read } from "./cases.js";

const bytes = (text) => new TextEncoder().encode(text);
const text = (buffer) => new TextDecoder().decode(buffer);
const thrown = (work) => {
	try {
		const value = work();
		return value === undefined ? "done" : value;
	} catch ({ name }) {
		return name;
	}
};
const opened = async (root, content, mode) => (await put(root, "f", content)).createSyncAccessHandle(mode && { mode });
/** All of what a handle has. */
const whole = (access) => {
	const buffer = new Uint8Array(access.getSize());
	access.read(buffer, { at: 0 });
	return text(buffer);
};

/** [name, outcome, (root) => outcome] */
export const syncCases = [
	["read and write at places", [5, 3, "heABCfgh"], async (root) => {
		const access = await opened(root, "hello");
		const buffer = new Uint8Array(10);
		const seen = [access.read(buffer, { at: 0 })];
		access.write(bytes("fgh"), { at: 5 });
		seen.push(access.write(bytes("ABC"), { at: 2 }), whole(access));
		access.close();
		return seen;
	}],
	["the cursor", ["he", "ll", "o", "", "hello!"], async (root) => {
		const access = await opened(root, "hello");
		const next = () => {
			const buffer = new Uint8Array(2);
			return text(buffer.subarray(0, access.read(buffer)));
		};
		const seen = [next(), next(), next(), next()];
		access.write(bytes("!"));
		seen.push(whole(access));
		access.close();
		return seen;
	}],
	["write beyond the end", "ab\0\0c", async (root) => {
		const access = await opened(root, "ab");
		access.write(bytes("c"), { at: 4 });
		const seen = whole(access);
		access.close();
		return seen;
	}],
	["truncate, shorter and longer, and the cursor", ["ab", 2, "ab\0\0", "ab\0\0x"], async (root) => {
		const access = await opened(root, "abcdef");
		access.read(new Uint8Array(6));
		access.truncate(2);
		const seen = [whole(access), access.getSize()];
		access.truncate(4);
		seen.push(whole(access));
		access.write(bytes("x"));
		seen.push(whole(access));
		access.close();
		return seen;
	}],
	["buffers of every kind", ["abcd", 3], async (root) => {
		const access = await opened(root, "");
		access.write(bytes("ab").buffer, { at: 0 });
		access.write(new DataView(bytes("xcdx").buffer, 1, 2), { at: 2 });
		const seen = [whole(access), access.read(new ArrayBuffer(3), { at: 0 })];
		access.close();
		return seen;
	}],
	["a negative place or size", ["TypeError", "TypeError", "TypeError"], async (root) => {
		const access = await opened(root, "ab");
		const seen = [() => access.read(new Uint8Array(1), { at: -1 }), () => access.write(bytes("x"), { at: -1 }), () => access.truncate(-1)].map(thrown);
		access.close();
		return seen;
	}],
	["what is written is there for others, after flush and close", ["written", "written"], async (root) => {
		const handle = await put(root, "f", "");
		const access = await handle.createSyncAccessHandle();
		access.write(bytes("written"));
		access.flush();
		const seen = await read(handle);
		access.close();
		return [seen, await read(handle)];
	}],
	["after close: InvalidStateError, but close", [...Array(5).fill("InvalidStateError"), "done"],
		async (root) => {
			const access = await opened(root, "ab");
			access.close();
			return [() => access.read(new Uint8Array(1)), () => access.write(bytes("x")), () => access.truncate(0), () => access.getSize(), () => access.flush(),
				() => access.close()].map(thrown);
		}],
	["one at a time, and no writable stream beside it", ["NoModificationAllowedError", "NoModificationAllowedError", "NoModificationAllowedError", "done"],
		async (root) => {
			const handle = await put(root, "f", "");
			const access = await handle.createSyncAccessHandle();
			const seen = [await of(handle.createSyncAccessHandle()), await of(handle.createWritable()), await of(root.removeEntry("f"))];
			access.close();
			const next = await handle.createSyncAccessHandle();
			next.close();
			return [...seen, await of(root.removeEntry("f"))];
		}],
	["none beside a writable stream", ["NoModificationAllowedError", "done"], async (root) => {
		const handle = await put(root, "f", "");
		const stream = await handle.createWritable();
		const seen = await of(handle.createSyncAccessHandle());
		await stream.close();
		return [seen, await of(handle.createSyncAccessHandle().then((access) => access.close()))];
	}],
	["read-only: many, and they only read", ["read-only", "NoModificationAllowedError", "NoModificationAllowedError", "NoModificationAllowedError", "ab"],
		async (root) => {
			const handle = await put(root, "f", "ab");
			const one = await handle.createSyncAccessHandle({ mode: "read-only" }), two = await handle.createSyncAccessHandle({ mode: "read-only" });
			const seen = [one.mode, thrown(() => one.write(bytes("x"))), thrown(() => one.truncate(0)), await of(handle.createSyncAccessHandle()), whole(two)];
			one.close();
			two.close();
			return seen;
		}],
	["readwrite-unsafe: many, and each sees the other's writes", "xb", async (root) => {
		const handle = await put(root, "f", "ab");
		const one = await handle.createSyncAccessHandle({ mode: "readwrite-unsafe" }), two = await handle.createSyncAccessHandle({ mode: "readwrite-unsafe" });
		one.write(bytes("x"), { at: 0 });
		const seen = whole(two);
		one.close();
		two.close();
		return seen;
	}],
	["what is gone", "NotFoundError", async (root) => {
		const handle = await put(root, "f", "");
		await root.removeEntry("f");
		return of(handle.createSyncAccessHandle());
	}],
	["large reads and writes", [3_000_001, 3_000_001, 7], async (root) => {
		const access = await opened(root, "");
		const buffer = new Uint8Array(3_000_001).fill(7), back = new Uint8Array(4_000_000);
		const seen = [access.write(buffer), access.read(back, { at: 0 }), back[3_000_000]];
		access.close();
		return seen;
	}],
];
