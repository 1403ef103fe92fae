//# allFunctionsCalledOnLoad
/* What a page shows and tells of a debugger that watches its program. Leaves to others: the program itself (program/debuggee.js). */
import { Badge } from "./badge.js";
import { PageConsole } from "./console.js";

export class Watched {
	#options;
	#control;
	#badge = null;
	#console = null;

	/** options: spawn()'s; control: () => the ControlSide */
	constructor(options, control) {
		this.#options = options;
		this.#control = control;
	}

	/** A debugger came, went, stopped the program or let it go on. state: of decodeWatch. */
	changed(state) {
		this.#badge ??= new Badge();
		this.#badge.show(state);
		if (this.#options.debug?.console)
			this.#console ??= new PageConsole((level, text) => this.#control().console(level, text));
		this.#console?.listen(state.mode !== 0);
		this.#options.onWatch?.({ watched: state.mode !== 0, controlled: state.mode === 2, stopped: state.state === 2 });
	}

	end() {
		this.#badge?.remove();
		this.#console?.listen(false);
	}
}
