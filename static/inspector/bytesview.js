/* Bytes of a memory as a table: sixteen a line, as hexadecimal numbers and as text; one byte is chosen, and what it begins is shown as numbers and text.
 * Leaves to others: where the bytes come from (memorypanel.js, recording.js). */
import { make, setText } from "./dom.js";
import { printable } from "./printable.js";

export const LINE = 16;
const utf8 = new TextDecoder();

/** "1f40", "0x1f40", "8000d" (decimal) as a Number; null: not an address. */
export function parseAddress(text) {
	const match = /^\s*(?:(\d+)d|(?:0x)?([0-9a-f]{1,13}))\s*$/i.exec(text);
	return match === null ? null : match[1] !== undefined ? Number(match[1]) : parseInt(match[2], 16);
}

/**
 * What to look for: "text" in UTF-8, hex bytes as x:00 ff, a number as 32:1234 or 64:-1.
 * @returns {Uint8Array | null} null: it can't be understood
 */
export function parsePattern(text) {
	const hex = /^x:\s*((?:[0-9a-f]{2}\s*)+)$/i.exec(text);
	if (hex)
		return Uint8Array.from(hex[1].match(/[0-9a-f]{2}/gi), byte => parseInt(byte, 16));
	const number = /^(8|16|32|64):\s*(-?(?:0x[0-9a-f]+|\d+))\s*$/i.exec(text);
	if (number) {
		const value = number[2].startsWith("-") ? -BigInt(number[2].slice(1)) : BigInt(number[2]);
		const bytes = new Uint8Array(8);
		new DataView(bytes.buffer).setBigInt64(0, BigInt.asIntN(64, value), true);
		return bytes.slice(0, Number(number[1]) / 8);
	}
	return text === "" || /^(x|8|16|32|64):/.test(text) ? null : new TextEncoder().encode(text);
}

const at = address => address.toString(16).padStart(8, "0");
const letter = byte => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "\u00b7");

/** Numbers and text that begin at a place: [[name, text]]. */
export function meanings(bytes, offset) {
	const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.byteLength - offset);
	const found = [];
	const add = (name, length, get) => length <= view.byteLength && found.push([name, String(get())]);
	add("u8", 1, () => view.getUint8(0));
	add("i8", 1, () => view.getInt8(0));
	add("u16", 2, () => view.getUint16(0, true));
	add("u32", 4, () => view.getUint32(0, true));
	add("i32", 4, () => view.getInt32(0, true));
	add("u64", 8, () => view.getBigUint64(0, true));
	add("i64", 8, () => view.getBigInt64(0, true));
	add("f32", 4, () => view.getFloat32(0, true));
	add("f64", 8, () => view.getFloat64(0, true));
	const rest = bytes.subarray(offset, offset + 64), end = rest.indexOf(0);
	found.push(["text", printable(utf8.decode(end < 0 ? rest : rest.subarray(0, end)))]);
	return found;
}

export class BytesView {
	#table;
	#meanings;
	#bytes = new Uint8Array(0);
	#address = 0;
	#chosen = 0; // within the bytes

	/** @param {HTMLElement} table @param {HTMLElement} list a dl, for what the chosen byte begins */
	constructor(table, list) {
		this.#table = table;
		this.#meanings = list;
		table.addEventListener("click", ({ target }) => {
			const cell = target.closest("[data-at]");
			if (cell)
				this.choose(Number(cell.dataset.at));
		});
		table.addEventListener("keydown", event => {
			const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: LINE, ArrowUp: -LINE }[event.key];
			if (by === undefined || event.ctrlKey || event.altKey)
				return;
			event.preventDefault();
			event.stopPropagation();
			this.choose(Math.min(this.#bytes.length - 1, Math.max(0, this.#chosen + by)));
		});
	}

	/** The address of the chosen byte. */
	get chosen() {
		return this.#address + this.#chosen;
	}

	/**
	 * @param {Uint8Array} bytes @param {number} address of the first
	 * @param {{ marked?: number, isChanged?: ((address: number) => boolean) | null }} how marked: how many bytes from the first on were found
	 */
	show(bytes, address, { marked = 0, isChanged = null } = {}) {
		this.#bytes = bytes;
		this.#address = address;
		this.#chosen = 0;
		const lines = [];
		for (let from = 0; from < bytes.length; from += LINE) {
			const part = bytes.subarray(from, from + LINE);
			const cells = Array.from(part, (byte, i) => {
				const cell = make("span", { className: `byte${from + i < marked ? " found" : ""}${isChanged?.(address + from + i) ? " changed" : ""}`,
					textContent: byte.toString(16).padStart(2, "0") });
				cell.dataset.at = from + i;
				return cell;
			});
			lines.push(make("div", { className: "bytes-line", translate: false }, make("span", { className: "soft", textContent: at(address + from) }),
				make("span", { className: "bytes-hex" }, ...cells), make("span", { className: "bytes-text", textContent: Array.from(part, letter).join("") })));
		}
		this.#table.replaceChildren(...lines);
		this.choose(0);
	}

	choose(index) {
		if (index >= this.#bytes.length)
			return this.#meanings.replaceChildren();
		this.#table.querySelector(".byte[data-chosen]")?.removeAttribute("data-chosen");
		this.#chosen = index;
		const cell = this.#table.querySelector(`.byte[data-at="${index}"]`);
		cell?.setAttribute("data-chosen", "");
		cell?.scrollIntoView({ block: "nearest" });
		const list = [["at", `0x${at(this.chosen)}`], ...meanings(this.#bytes, index)];
		while (this.#meanings.children.length > list.length)
			this.#meanings.lastChild.remove();
		list.forEach(([name, text], i) => {
			const pair = this.#meanings.children[i] ?? this.#meanings.appendChild(make("div", {}, make("dt"), make("dd", { translate: false })));
			setText(pair.firstChild, name);
			setText(pair.lastChild, text);
		});
		return undefined;
	}
}
