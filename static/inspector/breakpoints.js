/* The list of breakpoints, and the form that makes them. All of them are sent whenever one changes. */
import { byId, icon, make, setText, show } from "./dom.js";
import { ANY_FAILURE, NONE, encodeBreak, handleText } from "./codec.js";
import { errnoName } from "./errnos.js";
import { parseErrno, parseHandle } from "./filter.js";
import { printable } from "./printable.js";

const MOST = 64;

export class Breakpoints {
	#send;
	#form = byId("breakpoint");
	#list = byId("breakpoints");
	#atStart = byId("stop-at-start");
	#all = new Map(); // id: breakpoint
	#next = 1;
	#may = false;

	/** @param {(bytes: Uint8Array) => boolean} send */
	constructor(send) {
		this.#send = send;
		this.#form.addEventListener("submit", event => {
			event.preventDefault();
			this.#add();
		});
		this.#form.addEventListener("input", () => setText(byId("breakpoint-wrong"), ""));
		this.#atStart.addEventListener("change", () => this.send());
	}

	/** Does this debugger have control? Without it breakpoints stay listed, but stop nothing. */
	allow(may) {
		if (may === this.#may)
			return;
		this.#may = may;
		show(byId("breakpoints-why"), !may);
		this.#atStart.disabled = !may;
		this.#form.querySelector("button").disabled = !may;
		if (may && (this.#all.size || this.#atStart.checked))
			this.send();
	}

	send() {
		if (this.#may)
			this.#send(encodeBreak([...this.#all.values()], { stopAtStart: this.#atStart.checked }));
	}

	/** Fills in the form; the user may change it before adding. */
	propose(wish) {
		this.#form.reset();
		for (const [field, text] of Object.entries(wish))
			this.#form.elements[field].value = text;
		this.focus();
	}

	focus() {
		this.#form.elements.call.focus();
		this.#form.elements.call.select();
	}

	#add() {
		const read = this.#read();
		if (typeof read === "string")
			return setText(byId("breakpoint-wrong"), read);
		const id = this.#next++;
		this.#all.set(id, { id, program: 0, ...read });
		this.#form.reset();
		this.#list.append(this.#item(id));
		this.send();
	}

	/* Gives a sentence if a field can't be understood. */
	#read() {
		const text = name => this.#form.elements[name].value.trim();
		const call = text("call"), path = text("path");
		const handle = text("handle") === "" ? null : parseHandle(text("handle"));
		const errno = text("errno") === "" ? null : parseErrno(text("errno"));
		const count = /^\d+$/.test(text("count")) ? Number(text("count")) : text("count") === "" ? 1 : 0;
		if (text("handle") !== "" && handle === null)
			return "A handle is a number, such as 4 or 4.2.";
		if (text("errno") !== "" && errno === null)
			return "No such error: ENOENT, 44, any.";
		if (count < 1 || count > 0xFFFFFFFF)
			return "The count begins at 1.";
		if (this.#all.size >= MOST)
			return `There are ${MOST} already.`;
		return { call, path, handle: handle === null ? NONE : (handle.slot | (handle.generation ?? 0) << 16) >>> 0,
			errno: errno === null ? NONE : errno.high === errno.low ? errno.low : ANY_FAILURE, count };
	}

	#item(id) {
		const remove = make("button", { type: "button", className: "quiet", "aria-label": `Remove breakpoint ${this.describe(id)}`, title: "Remove" },
			icon("close"));
		const item = make("li", {}, make("code", { textContent: this.describe(id), translate: false }), remove);
		remove.addEventListener("click", () => {
			this.#all.delete(id);
			item.remove();
			this.send();
			this.focus();
		});
		return item;
	}

	/** "path_open *.txt = ENOENT, from the 3rd" */
	describe(id) {
		const its = this.#all.get(id);
		if (!its)
			return `${id}`;
		const parts = [its.call || "any call"];
		if (its.path)
			parts.push(its.path);
		if (its.handle !== NONE)
			parts.push(`handle ${handleText(its.handle)}`);
		if (its.errno !== NONE)
			parts.push(`= ${its.errno === ANY_FAILURE ? "any error" : its.errno === 0 ? "success" : errnoName(its.errno)}`);
		if (its.count > 1)
			parts.push(`from the ${its.count}.`);
		return printable(parts.join(" "));
	}
}
