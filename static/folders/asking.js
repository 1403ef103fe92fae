/* Questions, each in a dialog above the page, one after the other. */
import { make } from "./element.js";

/** Dialogs in a shadow root. */
export class Asking {
	#root;
	#turn = Promise.resolve();

	/** @param {ShadowRoot} root */
	constructor(root) {
		this.#root = root;
	}

	/**
	 * @param {{ title: string, text?: string, option?: string, actions: [value: string, label: string][] }} question actions: the first is the one that is
	 *        meant; Cancel is added. option: a box to tick
	 * @returns {Promise<{ value: string | null, ticked: boolean }>} value: null where it was cancelled
	 */
	choice({ title, text = "", option, actions }) {
		const box = make("input", { type: "checkbox" });
		const buttons = actions.map(([value, label], i) => make("button", { value, textContent: label, className: i === 0 ? "primary" : "" }));
		const form = make("form", { method: "dialog" }, make("h2", { textContent: title, id: "title" }), ...text ? [make("p", { textContent: text })] : [],
			...option ? [make("label", { className: "option" }, box, option)] : [], make("div", { className: "actions" }, ...buttons, cancelButton()));
		return this.#show(form, dialog => ({ value: dialog.returnValue || null, ticked: box.checked }));
	}

	/**
	 * Asks for a name.
	 * @param {{ title: string, action: string, name: string, apply: (name: string) => Promise<void> }} question apply: does what it was asked for; its
	 *        rejection is shown, and the question stays
	 * @returns {Promise<boolean>} was it done?
	 */
	async name({ title, action, name, apply }) {
		const field = make("input", { value: name, autocomplete: "off", spellcheck: false, required: true, id: "field", "aria-describedby": "problem" });
		const problem = make("p", { className: "problem", id: "problem", role: "alert" });
		const form = make("form", { method: "dialog", noValidate: true }, make("h2", { textContent: title, id: "title" }),
			make("label", { htmlFor: "field", textContent: "Name" }), field, problem,
			make("div", { className: "actions" }, make("button", { value: "do", className: "primary", textContent: action }), cancelButton()));
		form.addEventListener("submit", async event => {
			if (event.submitter?.value === "")
				return;
			event.preventDefault();
			try {
				await apply(checkedName(field.value));
				form.closest("dialog")?.close("do");
			} catch (error) {
				problem.textContent = error.message;
				field.setAttribute("aria-invalid", "true");
				field.focus();
			}
		});
		const stem = name.lastIndexOf(".");
		return this.#show(form, dialog => dialog.returnValue === "do", () => field.setSelectionRange(0, stem > 0 ? stem : name.length));
	}

	/* Resolves with what `answer` makes of it when it has been closed. */
	#show(form, answer, begin = () => {}) {
		const shown = this.#turn.then(() => new Promise(resolve => {
			const dialog = make("dialog", { "aria-labelledby": "title" }, form);
			dialog.addEventListener("close", () => {
				dialog.remove();
				resolve(answer(dialog));
			});
			this.#root.append(dialog);
			dialog.showModal();
			begin();
		}));
		this.#turn = shown.catch(() => {});
		return shown;
	}
}

const cancelButton = () => make("button", { value: "", formNoValidate: true, textContent: "Cancel" });

/** What a user typed, as a name. Throws where it is none. @param {string} text */
export function checkedName(text) {
	const name = text.trim();
	if (name === "")
		throw new Error("A name is missing.");
	if (name === "." || name === ".." || /[/\0]/.test(name))
		throw new Error("A name can't be “.” or “..”, and has no “/” in it.");
	return name;
}
