/* Several programs in one page: the first in the page itself, each other in a frame with a terminal of its own, so that nothing of one is in another's way. One
 * is seen, or several side by side. Which there are, and which of them are shown, outlives a reload of the tab of the browser (sessionStorage: a second
 * tab of the browser begins with one program). */
import { Another } from "./another.js";
import { Tab } from "./tab.js";
import { isFramed } from "./which.js";

const KEPT = "wvwasi.terminal.tabs";
const MOST = 12;
const NARROW = matchMedia("(max-width: 46rem)");

const element = id => document.getElementById(id);

export class Tabs {
	#tabs = [];
	#active;
	#stacked = false;
	#another = new Another();
	#hint;
	#programs;
	#isRestored = false;

	/** @param {import("../hint.js").Hint} hint @param {{ programs?: string[] }} program of program.json */
	constructor(hint, { programs = [] }) {
		this.#hint = hint;
		this.#programs = programs;
		element("another-open").hidden = isFramed;
		if (isFramed)
			return; // the page around has the tabs
		this.#active = this.#add({ id: "1" }, element("pane"));
		this.#active.isShown = true;
		for (const [id, press] of [["another-open", () => this.open()], ["tab-new", () => this.open()], ["tab-close", () => this.close()],
			["tab-turn", () => this.#turn()], ["tab-alone", () => this.#alone()]])
			element(id).addEventListener("click", press);
		element("tab-list").addEventListener("keydown", event => this.#move(event));
		NARROW.addEventListener("change", () => this.#show());
		this.#show();
	}

	/** The first program has begun: those beside it may. */
	begin() {
		if (isFramed || this.#isRestored)
			return;
		this.#isRestored = true;
		const { others = [], shown = ["1"], active = "1", stacked = false } = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
		if (others.length === 0)
			return;
		for (const what of others)
			this.#add(what, null);
		for (const tab of this.#tabs)
			tab.isShown = shown.includes(tab.what.id);
		this.#stacked = stacked;
		this.#select(this.#tabs.find(({ what }) => what.id === active) ?? this.#tabs[0]);
	}

	/** Asks what to run, and runs it in a tab of its own. */
	async open() {
		if (this.#tabs.length >= MOST)
			return this.#hint.show(`There are ${MOST} programs already`);
		try {
			const wanted = await this.#another.ask(this.#tabs[0].name, this.#programs);
			if (wanted === null)
				return this.#active.focus();
			const id = String(1 + Math.max(...this.#tabs.map(({ what }) => Number(what.id))));
			const tab = this.#add({ id, ...wanted.what }, null);
			if (wanted.beside)
				tab.isShown = true;
			return this.#select(tab);
		} catch (error) {
			return this.#hint.show(error.message, { ms: 5000 });
		}
	}

	/** Closes the active tab, whose program ends; not the first, in which the page is. */
	async close(tab = this.#active) {
		if (tab.isFirst)
			return this.#hint.show("The first tab stays: it is the page's own");
		if (tab.runs && !await this.#another.mayClose(tab.name))
			return tab.focus();
		if (tab.runs)
			await tab.stop();
		const at = this.#tabs.indexOf(tab);
		this.#tabs.splice(at, 1);
		tab.pane.remove();
		sessionStorage.removeItem(`wvwasi.terminal.kept${tab.what.id}`); // its screen (kept.js)
		tab.button.remove();
		return this.#select(this.#tabs.find(({ isShown }) => isShown) ?? this.#tabs[at - 1]);
	}

	#add(what, pane) {
		const tab = new Tab(what, pane, {
			changed: each => this.#label(each), entered: each => each !== this.#active && this.#select(each, { focus: false }), key: event => this.#press(event),
		});
		tab.button.addEventListener("click", () => this.#select(tab));
		this.#tabs.push(tab);
		tab.begin(element("tab-list"), element("panes"));
		return tab;
	}

	/* Shows it: beside others where it was, else in the active one's place. */
	#select(tab, { focus = true } = {}) {
		if (!tab.isShown)
			this.#active.isShown = false;
		this.#active = tab;
		tab.isShown = true;
		this.#show();
		if (focus)
			tab.focus();
	}

	#turn() {
		this.#stacked = !this.#stacked;
		this.#show();
	}

	/* Only the active one, or all of them. */
	#alone() {
		const isSplit = this.#tabs.filter(({ isShown }) => isShown).length > 1;
		for (const tab of this.#tabs)
			tab.isShown = !isSplit || tab === this.#active;
		this.#show();
	}

	#show() {
		const isOne = this.#tabs.length === 1;
		const shown = NARROW.matches ? [this.#active] : this.#tabs.filter(({ isShown }) => isShown);
		element("tabs").hidden = isOne;
		element("panes").classList.toggle("stacked", this.#stacked);
		element("panes").classList.toggle("several", shown.length > 1);
		for (const tab of this.#tabs) {
			const isSeen = shown.includes(tab);
			tab.pane.classList.toggle("behind", !isSeen);
			tab.pane.inert = !isSeen;
			tab.pane.classList.toggle("active", tab === this.#active);
			tab.unread &&= !isSeen;
			this.#label(tab);
		}
		for (const id of ["tab-turn", "tab-alone"])
			element(id).hidden = NARROW.matches;
		element("tab-turn").disabled = shown.length === 1;
		element("tab-alone").setAttribute("aria-pressed", shown.length > 1);
		element("tab-close").disabled = this.#active.isFirst;
		if (!isOne || this.#isRestored)
			this.#keep();
	}

	#keep() {
		const idsOf = tabs => tabs.map(({ what }) => what.id);
		sessionStorage.setItem(KEPT, JSON.stringify({
			others: this.#tabs.slice(1).map(({ what }) => what), shown: idsOf(this.#tabs.filter(({ isShown }) => isShown)), active: this.#active.what.id,
			stacked: this.#stacked,
		}));
	}

	#label(tab) {
		const [state, name, number, exit, unread] = tab.button.children, isActive = tab === this.#active;
		const sameName = this.#tabs.filter(each => each.name === tab.name);
		tab.button.dataset.state = tab.state;
		state.textContent = tab.runs ? "▶" : "";
		name.textContent = tab.name;
		number.textContent = sameName.length > 1 ? sameName.indexOf(tab) + 1 : "";
		exit.textContent = tab.exit;
		unread.textContent = tab.unread ? "●" : "";
		tab.button.setAttribute("aria-label", `${sameName.indexOf(tab) + 1}: ${tab.label}`);
		tab.button.setAttribute("aria-selected", isActive);
		tab.button.tabIndex = isActive ? 0 : -1;
	}

	/* In the list of tabs. */
	#move(event) {
		const at = this.#tabs.findIndex(({ button }) => button === event.target), last = this.#tabs.length - 1;
		const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
		if (to !== undefined) {
			event.preventDefault();
			this.#select(this.#tabs[to], { focus: false });
			this.#tabs[to].button.focus();
		} else if (event.key === "Delete")
			this.close(this.#tabs[at]);
	}

	/* In any of the terminals. */
	#press(event) {
		const { key, code, ctrlKey, shiftKey, altKey, metaKey } = event;
		if (!ctrlKey || !shiftKey || altKey || metaKey)
			return;
		const at = this.#tabs.indexOf(this.#active), { length } = this.#tabs, digit = /^Digit([1-9])$/.exec(code)?.[1];
		const to = key === "ArrowRight" ? (at + 1) % length : key === "ArrowLeft" ? (at + length - 1) % length : digit ? digit - 1 : null;
		if (key === "Enter")
			this.open();
		else if (to === null || length === 1 || to >= length)
			return;
		else
			this.#select(this.#tabs[to]);
		event.preventDefault();
		event.stopPropagation();
	}
}
