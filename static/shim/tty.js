/* What a terminal's kernel side does between keys and a program: in "line" mode echo, editing, Ctrl-C and Ctrl-D; in "raw" mode nothing.
 * UTF-8 in and out; a character is erased whole. Leaves to others: drawing. */
import { toBytes } from "./codec.js";

const encoder = new TextEncoder();
const CTRL = { C: 3, D: 4, BACKSPACE: 8, NEWLINE: 10, RETURN: 13, U: 21, W: 23, ESCAPE: 27, DELETE: 127 };

export class LineDiscipline {
	#tty;
	#to;
	#line = []; // bytes typed and not yet sent
	#escape = false; // within an escape sequence, which a line doesn't understand

	/** tty: { mode: "line" | "raw" }, looked at with every key. to: { echo(bytes), feed(bytes), mark(), interrupt() }. */
	constructor(tty, to) {
		this.#tty = tty;
		this.#to = to;
	}

	/** Takes what was typed or pasted, text or bytes; resolves when the program may have it. */
	async type(data) {
		const bytes = toBytes(data);
		if (this.#tty.mode === "raw")
			return this.#to.feed(bytes);
		const echo = [];
		for (const byte of bytes)
			await this.#key(byte, echo);
		this.#show(echo);
	}

	#show(echo) {
		if (echo.length)
			this.#to.echo(Uint8Array.from(echo.splice(0)));
	}

	async #key(byte, echo) {
		if (this.#escape) { // until its final letter
			this.#escape = !(byte >= 0x40 && byte <= 0x7e && byte !== 0x5b && byte !== 0x4f);
			return;
		}
		switch (byte) {
		case CTRL.RETURN:
		case CTRL.NEWLINE:
			echo.push(CTRL.RETURN, CTRL.NEWLINE);
			this.#show(echo);
			this.#line.push(CTRL.NEWLINE);
			return this.#send();
		case CTRL.C:
			this.#line = [];
			echo.push(...encoder.encode("^C\r\n"));
			this.#show(echo);
			return this.#to.interrupt();
		case CTRL.D: // what is there goes without a newline; if nothing is, that is the end of file, once
			return this.#line.length ? this.#send() : this.#to.mark();
		case CTRL.BACKSPACE:
		case CTRL.DELETE:
			return this.#erase(echo);
		case CTRL.U:
			while (this.#line.length)
				this.#erase(echo);
			return;
		case CTRL.W:
			while (this.#line.at(-1) === 0x20)
				this.#erase(echo);
			while (this.#line.length && this.#line.at(-1) !== 0x20)
				this.#erase(echo);
			return;
		case CTRL.ESCAPE:
			this.#escape = true;
			return;
		}
		if (byte < 0x20 && byte !== 9)
			return;
		this.#line.push(byte);
		echo.push(byte);
	}

	#send() {
		return this.#to.feed(Uint8Array.from(this.#line.splice(0)));
	}

	#erase(echo) {
		if (!this.#line.length)
			return;
		while (this.#line.length > 1 && (this.#line.at(-1) & 0xC0) === 0x80) // the tail of a character
			this.#line.pop();
		const first = this.#line.pop();
		const columns = first >= 0xF0 || first >= 0xE1 && first < 0xF0 && first !== 0xE2 ? 2 : 1; // wide ones, nearly always
		for (let i = 0; i < columns; i++)
			echo.push(CTRL.BACKSPACE, 0x20, CTRL.BACKSPACE);
	}
}
