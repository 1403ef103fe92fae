// make conformance: writes docs/CONFORMANCE.md.
import fs from "node:fs";
import path from "node:path";

import { top } from "../gateway/gateway.js";
import { page } from "./conformance.js";

const { text, missing } = await page();
fs.writeFileSync(path.join(top, "docs/CONFORMANCE.md"), text);
for (const [kind, number] of missing)
	console.log(`nothing shows ${kind} ${number}`);
process.exitCode = missing.length ? 1 : 0;
