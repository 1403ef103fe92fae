//# allFunctionsCalledOnLoad
/* Reads a component's bytes: numbers, names, and types, of which only the length matters here. From the component model's design/mvp/Binary.md. Whatever the
 * bytes are, it ends with what was read or with a CompileError. */

const text = new TextDecoder("utf-8", { fatal: true });
const STREAM = 0x66, FUTURE = 0x65;
const NUMBERS = { 0x7f: 1, 0x7e: 1, 0x7d: 1, 0x7c: 2, 0x7b: 2, 0x7a: 4, 0x79: 4, 0x78: 8, 0x77: 8, 0x76: 4, 0x75: 8, 0x74: 4 }; // bool, s8, u8 … f64, char
const DEEP = 100; // types within types

/** What a component has that we can't run: the message is the rest of the sentence "the component …". */
export class NotRunnable extends Error {}

export class ComponentBytes {
	#bytes;
	#at;
	#end;
	#depth = 0;

	constructor(bytes, at = 0, end = bytes.length) {
		this.#bytes = bytes;
		this.#at = at;
		this.#end = end;
	}

	get atEnd() {
		return this.#at === this.#end;
	}

	malformed() {
		return new WebAssembly.CompileError(`the component is malformed at byte ${this.#bytes.byteOffset + this.#at}`);
	}

	u8() {
		if (this.#at >= this.#end)
			throw this.malformed();
		return this.#bytes[this.#at++];
	}

	/** A u32 in LEB128. */
	u32() {
		let value = 0;
		for (let shift = 0; shift < 35; shift += 7) {
			const byte = this.u8();
			value += (byte & 0x7f) * 2 ** shift;
			if (byte < 0x80)
				return value;
		}
		throw this.malformed();
	}

	/** The next `length` bytes, without a copy. */
	take(length) {
		if (length > this.#end - this.#at)
			throw this.malformed();
		this.#at += length;
		return this.#bytes.subarray(this.#at - length, this.#at);
	}

	/** Those bytes, to be read by themselves. */
	part(length) {
		return new ComponentBytes(this.take(length));
	}

	text() {
		const bytes = this.take(this.u32());
		try {
			return text.decode(bytes);
		} catch {
			throw this.malformed();
		}
	}

	/** The name of an import or export: what kind of name it is doesn't matter. */
	externName() {
		const kind = this.u8();
		if (kind > 1)
			throw this.malformed();
		return this.text();
	}

	/** Calls read() as often as the number before it says. */
	list(read) {
		const items = [];
		for (let left = this.u32(); left > 0; left--)
			items.push(read());
		return items;
	}

	/** Of what sort something is: "func", "instance"; of core wasm "core func" … */
	sort() {
		const sort = this.u8();
		const name = sort === 0 ? CORE_SORTS[this.u8()] : SORTS[sort];
		if (name === undefined)
			throw this.malformed();
		return name;
	}

	/**
	 * A type: [the bytes of a number, else null; what a stream or future carries: its bytes (0: nothing), { index } of its type, or null: no number]. Of other
	 * types the second is null.
	 */
	type() {
		const code = this.#bytes[this.#at];
		if (code !== STREAM && code !== FUTURE) {
			this.skipType();
			return [NUMBERS[code] ?? null, null];
		}
		this.#at++;
		if (this.u8() === 0)
			return [null, 0];
		if (this.#at < this.#end && this.#bytes[this.#at] > 0x40 && this.#bytes[this.#at] < 0x80)
			return [null, NUMBERS[this.u8()] ?? null];
		return [null, { index: this.u32() }];
	}

	/** The results of a function, as task.return has them: passed over. */
	resultList() {
		if (this.u8() === 0)
			this.#skipValue();
		else
			this.list(() => { throw this.malformed(); });
	}

	/* ---- types, which are only passed over ---- */

	skipType() {
		if (++this.#depth > DEEP)
			throw this.malformed();
		this.#skipType(this.u8());
		this.#depth--;
	}

	#skipType(code) {
		const labelled = () => {
			this.text();
			this.#skipValue();
		};
		switch (code) {
		case 0x72: // record
			return this.list(labelled);
		case 0x71: // variant
			return this.list(() => {
				this.text();
				this.#maybe(() => this.#skipValue());
				this.u8();
			});
		case 0x70: case 0x6b: // list, option
			return this.#skipValue();
		case 0x67: // list of a fixed length
			this.#skipValue();
			return this.u32();
		case 0x6f: // tuple
			return this.list(() => this.#skipValue());
		case 0x6e: case 0x6d: // flags, enum
			return this.list(() => this.text());
		case 0x6a: // result
			this.#maybe(() => this.#skipValue());
			return this.#maybe(() => this.#skipValue());
		case 0x69: case 0x68: // own, borrow
			return this.u32();
		case STREAM: case FUTURE:
			return this.#maybe(() => this.#skipValue());
		case 0x40: case 0x43: // func, async func
			this.list(labelled);
			return this.u8() === 0 ? this.#skipValue() : this.list(labelled);
		case 0x41: // component
			return this.list(() => this.#skipDeclaration(true));
		case 0x42: // instance
			return this.list(() => this.#skipDeclaration(false));
		case 0x3f: // resource
			this.u8();
			return this.#maybe(() => this.u32());
		}
		if (code < 0x73 && code !== 0x64 || code > 0x7f)
			throw this.malformed();
		return undefined; // a primitive
	}

	#maybe(skip) {
		if (this.u8() !== 0)
			skip();
	}

	/* A type's index, or a primitive in one byte: a signed number. */
	#skipValue() {
		while (this.u8() >= 0x80);
	}

	#skipDeclaration(ofComponent) {
		switch (this.u8()) {
		case 1:
			return this.skipType();
		case 2:
			return this.alias();
		case 3:
			if (!ofComponent)
				throw this.malformed();
		// falls through
		case 4:
			this.externName();
			return this.externDescription();
		}
		throw new NotRunnable("has a type of core modules");
	}

	/** What an import or export is said to be: its sort. */
	externDescription() {
		const sort = this.sort();
		switch (sort) {
		case "value":
		case "type":
			if (this.u8() === 0)
				this.u32();
			else if (sort === "value")
				this.#skipValue();
			break;
		default:
			this.u32();
		}
		return sort;
	}

	/** { sort, of: "export" | "core export", instance, name } or { sort, of: "outer", count, index } */
	alias() {
		const sort = this.sort();
		const target = this.u8();
		if (target > 2)
			throw this.malformed();
		return target === 2 ? { sort, of: "outer", count: this.u32(), index: this.u32() }
			: { sort, of: target === 0 ? "export" : "core export", instance: this.u32(), name: this.text() };
	}
}

/** The sorts of what a component counts, each by itself. */
export const SORTS = [undefined, "func", "value", "type", "component", "instance"];
export const CORE_SORTS = { 0: "core func", 1: "core table", 2: "core memory", 3: "core global", 4: "core tag", 0x10: "core type", 0x11: "core module",
	0x12: "core instance" };
