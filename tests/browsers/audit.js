// axe-core on a page, as it is now.
import fs from "node:fs";
import path from "node:path";

import { top } from "../gateway/gateway.js";

const axe = fs.readFileSync(path.join(top, "node_modules/axe-core/axe.min.js"), "utf8");

/**
 * @param {import("../engines/index.js").Page} page
 * @returns {Promise<{ impact: string, id: string, where: string[] }[]>} its serious and critical findings
 */
export async function auditPage(page) {
	const found = await page.evaluate(`(async () => {
		const module = { exports: {} };
		(function (module, exports) { ${axe}
		})(module, module.exports);
		// Colours are judged as they stay: transitions are over, and what follows from them is drawn.
		const ending = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity);
		await Promise.all(ending.map(({ finished }) => finished.catch(() => {})));
		await new Promise((resolve) => setTimeout(resolve, 50));
		const { violations } = await module.exports.run(document, { resultTypes: ["violations"] });
		return violations.map(({ impact, id, nodes }) => ({ impact, id, where: nodes.map(({ html }) => html.slice(0, 200)) }));
	})()`);
	return found.filter(({ impact }) => impact === "serious" || impact === "critical");
}
