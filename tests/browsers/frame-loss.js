// A wire on which some of the gateway's frames get lost, so that a test can show that it would notice. For startProxy(port, losing([type, …])).

/** @param {number[]} types of the frames that nobody hears @returns {() => (bytes: Buffer) => Buffer} */
export const losing = (types) => () => {
	let rest = Buffer.alloc(0), upgraded = false, left = 0; // left: of a frame that goes on in the next message
	/* Without its lost frames. */
	const thin = (message) => {
		const kept = [];
		for (let at = 0; at < message.length;) {
			const length = left || message.readUInt32LE(at), end = Math.min(at + length, message.length);
			if (left || !types.includes(message[at + 4]))
				kept.push(message.subarray(at, end));
			left = length - (end - at);
			at = end;
		}
		return Buffer.concat(kept);
	};
	return (bytes) => {
		const out = [];
		rest = Buffer.concat([rest, bytes]);
		if (!upgraded) {
			const end = rest.indexOf("\r\n\r\n") + 4;
			if (end < 4)
				return Buffer.alloc(0);
			upgraded = true;
			out.push(rest.subarray(0, end));
			rest = rest.subarray(end);
		}
		for (;;) {
			const whole = readMessage(rest);
			if (whole === null)
				return Buffer.concat(out);
			rest = rest.subarray(whole.length);
			const payload = whole.binary ? thin(whole.payload) : whole.payload;
			if (payload.length > 0 || !whole.binary)
				out.push(head(whole.first, payload.length), payload);
		}
	};
};

/* The first of a WebSocket's frames, which a server never masks; null: it isn't all there yet. */
function readMessage(bytes) {
	if (bytes.length < 2 || bytes.length < HEAD_OF[bytes[1]])
		return null;
	const start = HEAD_OF[bytes[1]] ?? 2;
	const length = start === 2 ? bytes[1] : start === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
	if (bytes.length < start + length)
		return null;
	return { first: bytes[0], binary: (bytes[0] & 0xF) < 3, length: start + length, payload: bytes.subarray(start, start + length) };
}

const HEAD_OF = { 126: 4, 127: 10 };

function head(first, length) {
	if (length < 126)
		return Buffer.from([first, length]);
	const long = length > 0xFFFF, bytes = Buffer.alloc(long ? 10 : 4);
	bytes[0] = first;
	bytes[1] = long ? 127 : 126;
	if (long)
		bytes.writeBigUInt64BE(BigInt(length), 2);
	else
		bytes.writeUInt16BE(length, 2);
	return bytes;
}
