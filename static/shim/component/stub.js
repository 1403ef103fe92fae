//# allFunctionsCalledOnLoad
/* Stubs: functions of a core module that do nothing but trap. Toolchains put a component of them in the place of an import that they have used up, as
 * componentize-qjs does with the loader of a program's scripts. */
import { ComponentBytes } from "./bytes.js";

const HEAD = 8;
const IMPORT = 2, EXPORT = 7, CODE = 10;
const FUNCTION = 0;
const NO_LOCALS = 0, UNREACHABLE = 0, END = 0x0b;

/** Is the function that a core module exports by this name a stub? The module's bytes may be wrong: then it is none, or it throws a CompileError. */
export function isStub(module, name) {
	const bytes = new ComponentBytes(module.subarray(HEAD));
	let index = -1;
	while (!bytes.atEnd) {
		const section = bytes.u8();
		const part = bytes.part(bytes.u32());
		if (section === IMPORT)
			return false; // a stub needs nothing
		if (section === EXPORT)
			part.list(() => {
				const its = part.text(), kind = part.u8(), at = part.u32();
				if (kind === FUNCTION && its === name)
					index = at;
			});
		if (section === CODE) {
			const body = part.list(() => part.take(part.u32()))[index];
			return body?.length === 3 && body[0] === NO_LOCALS && body[1] === UNREACHABLE && body[2] === END;
		}
	}
	return false;
}
