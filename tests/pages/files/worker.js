import * as files from "/_wvwasi/files.js?install";
import { cases } from "./cases.js";
import { freshRoot, runCases } from "./run.js";
import { syncCases } from "./sync-cases.js";

onmessage = async ({ data: { native, which } }) => {
	try {
		postMessage({ results: await runCases(which === "sync" ? syncCases : cases, await freshRoot(files, native)) });
	} catch (error) {
		postMessage({ error: `${error.name}: ${error.message}\n${error.stack}` });
	}
};
