//# allFunctionsCalledOnLoad
/* What an app gives with a program: URLs, imports, arguments. */
import { programUrl } from "../base/urls.js";

const here = globalThis.document?.baseURI ?? location.href; // what an app's URLs are relative to

/** An app's URL, as a whole one; anything else as it is. */
export const absolute = given => (typeof given === "string" || given instanceof URL ? new URL(given, here).href : given);

/** Do these imports hold functions, which can't be posted? */
export function holdsFunctions(imports) {
	return Object.values(imports).some(names => Object.values(names).some(value => typeof value === "function"));
}

/** Without arguments the gateway's program gets those of the gateway's command line (none in the HELLO). */
export function defaultArgs(module) {
	if (typeof module !== "string" && !(module instanceof URL))
		return module instanceof Response && module.url ? defaultArgs(module.url) : ["program"];
	const url = new URL(module, here);
	return url.href === programUrl ? [] : [decodeURIComponent(url.pathname.split("/").pop()) || "program"];
}
