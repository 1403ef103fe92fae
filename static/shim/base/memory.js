//# allFunctionsCalledOnLoad
/* Reads and writes the guest's memory, and checks every range first. Leaves to others: what the bytes mean. Pointers arrive as
 * wasm's signed i32 and are used as u32. The views are made anew when the memory has grown, so callers keep none across a wait.
 * The memory may be shared; what is read here is always a copy on unshared memory, because WebSocket.send and others need
 * that. */

const NOWHERE = new ArrayBuffer(0);

export class GuestMemory {
	#memory = null;
	#buffer = NOWHERE;
	bytes = new Uint8Array(NOWHERE);
	view = new DataView(NOWHERE);
	/** What iovecsLength() gives at most: fewer than all where a read or a write is made short. */
	most = Infinity;

	/** The WebAssembly.Memory, or null before there is one. */
	get memory() {
		return this.#memory;
	}

	/** Uses this WebAssembly.Memory from now on. */
	bind(memory) {
		this.#memory = memory;
		this.refresh();
	}

	/** Renews the views if the memory has grown: before every call, and after every wait. */
	refresh() {
		const buffer = this.#memory === null ? NOWHERE : this.#memory.buffer;
		if (buffer === this.#buffer)
			return;
		this.#buffer = buffer;
		this.bytes = new Uint8Array(buffer);
		this.view = new DataView(buffer);
	}

	/** Are these `length` bytes inside the guest's memory? */
	holds(pointer, length) {
		return (pointer >>> 0) + length <= this.bytes.length;
	}

	u32(pointer) {
		return this.view.getUint32(pointer >>> 0, true);
	}

	setU16(pointer, value) {
		this.view.setUint16(pointer >>> 0, value, true);
	}

	setU32(pointer, value) {
		this.view.setUint32(pointer >>> 0, value, true);
	}

	/** A u64: BigInt, or a Number that is a safe integer and not negative. */
	setU64(pointer, value) {
		if (typeof value === "bigint")
			return this.view.setBigUint64(pointer >>> 0, BigInt.asUintN(64, value), true);
		this.setU64halves(pointer, value >>> 0, value / 0x100000000);
	}

	setU64halves(pointer, low, high) {
		this.view.setUint32(pointer >>> 0, low, true);
		this.view.setUint32((pointer >>> 0) + 4, high, true);
	}

	/** A copy of these bytes. */
	read(pointer, length) {
		return this.bytes.slice(pointer >>> 0, (pointer >>> 0) + length);
	}

	write(pointer, bytes) {
		this.bytes.set(bytes, pointer >>> 0);
	}

	/** These bytes, for the caller to fill in at once. */
	place(pointer, length) {
		return this.bytes.subarray(pointer >>> 0, (pointer >>> 0) + length);
	}

	/* ---- lists of buffers: iovecs, { u32 pointer, u32 length } each ---- */

	/** The sum of their lengths, as far as `most`, or -1 if the list or one of the buffers isn't inside the guest's memory. */
	iovecsLength(iovecs, count) {
		const start = iovecs >>> 0;
		const end = start + (count >>> 0) * 8;
		if (end > this.bytes.length)
			return -1;
		let total = 0;
		for (let at = start; at < end; at += 8) {
			const length = this.view.getUint32(at + 4, true);
			if (this.view.getUint32(at, true) + length > this.bytes.length)
				return -1;
			total += length;
		}
		return Math.min(total, this.most);
	}

	/** Fills target from the buffers, beginning `skip` bytes into them. */
	gather(iovecs, count, target, skip = 0) {
		let at = 0;
		for (let i = 0, vec = iovecs >>> 0; i < count >>> 0 && at < target.length; i++, vec += 8) {
			const length = this.view.getUint32(vec + 4, true);
			if (skip >= length) {
				skip -= length;
				continue;
			}
			const part = Math.min(length - skip, target.length - at);
			copy(this.bytes, this.view.getUint32(vec, true) + skip, target, at, part);
			at += part;
			skip = 0;
		}
		return at;
	}

	/** Copies bytes[from, end) into the buffers, beginning `skip` bytes into them. Gives how many bytes fitted. */
	scatter(iovecs, count, bytes, skip = 0, from = 0, end = bytes.length) {
		const start = from;
		for (let i = 0, vec = iovecs >>> 0; i < count >>> 0 && from < end; i++, vec += 8) {
			const length = this.view.getUint32(vec + 4, true);
			if (skip >= length) {
				skip -= length;
				continue;
			}
			const part = Math.min(length - skip, end - from);
			copy(bytes, from, this.bytes, this.view.getUint32(vec, true) + skip, part);
			from += part;
			skip = 0;
		}
		return from - start;
	}
}

/* For a few bytes a loop is cheaper than making a view to copy through. */
const FEW = 16;

function copy(source, from, target, at, length) {
	if (length > FEW)
		return target.set(source.subarray(from, from + length), at);
	for (const end = from + length; from < end;)
		target[at++] = source[from++];
	return undefined;
}
