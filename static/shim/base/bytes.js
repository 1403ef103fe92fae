//# allFunctionsCalledOnLoad
/* Little endian values to bytes and back, and text. Knows nothing of what the values mean. */
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a string; bytes as they are. */
export function toBytes(value) {
	return typeof value === "string" ? encoder.encode(value) : value;
}

/** The bytes of a string (as UTF-8) or of a WebIDL BufferSource (an ArrayBuffer, or the part that a view shows). TypeError: it is
 * neither; `what` names it. */
export function sourceBytes(value, what) {
	if (typeof value === "string")
		return encoder.encode(value);
	if (value instanceof Uint8Array)
		return value;
	if (ArrayBuffer.isView(value))
		return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
	if (value instanceof ArrayBuffer)
		return new Uint8Array(value);
	throw new TypeError(`${what} has to be a string, an ArrayBuffer or a view of one, not ${value === null ? "null" : value?.constructor?.name ?? typeof value}`);
}

/** Text of bytes; not for views on shared memory, which TextDecoder refuses. */
export function toText(bytes) {
	return decoder.decode(bytes);
}

/** Text of a path or name for messages; also of a view on shared memory. */
export function shownText(bytes) {
	return toText(bytes.slice());
}

/** A growing buffer to write little endian values into. What it gives away is a copy: the buffer is used again. */
export class Writer {
	constructor(capacity = 1024) {
		this.bytes = new Uint8Array(capacity);
		this.view = new DataView(this.bytes.buffer);
		this.at = 0;
	}

	/** Makes room for `more` bytes. */
	reserve(more) {
		const need = this.at + more;
		if (need <= this.bytes.length)
			return;
		const grown = new Uint8Array(Math.max(need, this.bytes.length * 2));
		grown.set(this.bytes.subarray(0, this.at));
		this.bytes = grown;
		this.view = new DataView(grown.buffer);
	}

	u8(value) {
		this.reserve(1);
		this.bytes[this.at++] = value;
	}

	u16(value) {
		this.reserve(2);
		this.view.setUint16(this.at, value, true);
		this.at += 2;
	}

	u32(value) {
		this.reserve(4);
		this.view.setUint32(this.at, value, true);
		this.at += 4;
	}

	/** A u64 or s64 as BigInt, or as a Number that is a safe integer. */
	u64(value) {
		if (typeof value === "number" && value >= 0)
			return this.u64halves(value >>> 0, value / 0x100000000);
		this.reserve(8);
		this.view.setBigUint64(this.at, BigInt.asUintN(64, BigInt(value)), true);
		this.at += 8;
	}

	/** The same from two halves, as guests' i64 arrive. */
	u64halves(low, high) {
		this.reserve(8);
		this.view.setUint32(this.at, low, true);
		this.view.setUint32(this.at + 4, high, true);
		this.at += 8;
	}

	raw(bytes) {
		this.reserve(bytes.length);
		this.bytes.set(bytes, this.at);
		this.at += bytes.length;
	}

	/** A length and its bytes. */
	string(value) {
		const bytes = toBytes(value);
		this.u32(bytes.length);
		this.raw(bytes);
	}

	/** Room for `length` bytes that the caller fills in; the view is good until the next write. */
	room(length) {
		this.reserve(length);
		const at = this.at;
		this.at += length;
		return this.bytes.subarray(at, this.at);
	}

	frame(type, flags, count) {
		this.u32(0);
		this.u8(type);
		this.u8(flags);
		this.u16(count);
	}

	/** Fills in the length of the only frame and gives a copy of it. */
	take() {
		this.view.setUint32(0, this.at, true);
		const frame = this.bytes.slice(0, this.at);
		this.at = 0;
		return frame;
	}
}

/** A cursor over bytes; reading past their end throws RangeError, as DataView does. */
export class Reader {
	constructor(bytes) {
		this.bytes = bytes;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.at = 0;
	}

	u16() {
		const value = this.view.getUint16(this.at, true);
		this.at += 2;
		return value;
	}

	u32() {
		const value = this.view.getUint32(this.at, true);
		this.at += 4;
		return value;
	}

	u64() {
		const value = this.view.getBigUint64(this.at, true);
		this.at += 8;
		return value;
	}

	raw(length) {
		if (this.at + length > this.bytes.length)
			throw new RangeError("the frame is shorter than it says");
		this.at += length;
		return this.bytes.subarray(this.at - length, this.at);
	}

	string() {
		return this.raw(this.u32());
	}

	list(item) {
		const items = [];
		for (let left = this.u32(); left > 0; left--)
			items.push(item());
		return items;
	}

	rest() {
		return this.raw(this.bytes.length - this.at);
	}
}

/** Where `pattern` (not empty) begins in `bytes`, from `from` on and before `to`; -1: nowhere. */
export function indexOfBytes(bytes, pattern, from, to) {
	const end = Math.min(to, bytes.length - pattern.length + 1);
	for (let at = bytes.indexOf(pattern[0], from); at >= 0 && at < end; at = bytes.indexOf(pattern[0], at + 1))
		if (pattern.every((byte, i) => bytes[at + i] === byte))
			return at;
	return -1;
}
