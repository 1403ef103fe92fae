//# allFunctionsCalledOnLoad
/* Loads a program into its worker: asks for its file, has it compiled, or takes what is kept, and tells early what is known of it, since much of a start can
 * be done meanwhile. Leaves to others: compiling (program/module.js), what this page keeps (programs.js). */
import { checkImports } from "../program/module.js";
import { absolute, holdsFunctions } from "./given.js";
import { Programs } from "./programs.js";

const programs = new Programs();

/** Compiles the program, so that this page keeps it. @param {Parameters<Programs["load"]>[0]} module */
export const keepCompiled = module => programs.load(module);

/**
 * @param {Worker} worker it is told `load`, once or twice, the second time with what is to run
 * @param {Parameters<Programs["load"]>[0]} module
 * @param {object} how
 * @param {unknown} [how.imports] the app's own, or the URL of a module that has them: the worker says `loaded` when it has them, too
 * @param {WebAssembly.Module | null} how.holds of which program the worker has an instance already
 * @param {(progress: import("../wvwasi.js").Progress) => void} [how.onProgress]
 * @param {() => void} how.onNear there is a program: it needs its connections soon
 * @param {(program: string) => void} how.onCore (Loaded's program) it is a core module that is being downloaded and compiled; neither has the app imports of
 *        its own, nor was another version of it kept
 * @param {AbortSignal} how.signal gives the download up
 * @returns {Promise<Pick<import("../program/module.js").Loaded, "compiled" | "program">>} rejects with a TypeError, a CompileError, or a LinkError that
 *          names the imports that nobody provides
 */
export async function loadInto(worker, module, { imports, holds, onProgress, onNear, onCore, signal }) {
	if (imports !== undefined && typeof imports !== "string" && !(imports instanceof URL) && holdsFunctions(imports))
		throw new TypeError("imports with functions can't cross to the program's worker: give the URL of a module that exports them as its default");
	const kept = module instanceof WebAssembly.Module ? module : programs.kept(module), guess = imports === undefined ? kept : null;
	if (kept !== null) // nothing but whether it changed is asked: meanwhile both connections are made, and it is instantiated
		onNear();
	if (guess !== null && guess !== holds)
		worker.postMessage({ do: "load", module: guess, imports: null, isGuess: true });
	const isAlone = imports === undefined && kept === null;
	const { compiled, program } = await programs.load(module, { onProgress, onFound: onNear, onCore: isAlone ? onCore : undefined, signal });
	if (compiled !== guess)
		worker.postMessage({
			do: "load", module: compiled, imports: typeof imports === "string" || imports instanceof URL ? absolute(imports) : imports ?? null,
		});
	if (imports === undefined)
		checkImports(compiled);
	return { compiled, program };
}
