/* The inspector, with the last calls of a program that failed. It has an address of its own, to which this page can give nothing but what stands in a link. */
const TOLD_LETTERS = 500; // of a path

const short = text => text?.slice(0, TOLD_LETTERS) ?? null;

/**
 * Is there something to show, and where?
 * @param {{ inspector?: string }} program inspector: its address; none: on another machine than the gateway's
 * @param {import("./run.js").Outcome | null} outcome
 */
export const mayInspect = ({ inspector }, outcome) => inspector !== undefined && outcome !== null && outcome.lastCalls.length > 0 && outcome.kind !== "lost";

/** Opens it in another tab. @param {{ inspector?: string, args: string[] }} program @param {import("./run.js").Outcome | null} outcome @returns {boolean} done? */
export function inspect(program, outcome) {
	if (!mayInspect(program, outcome))
		return false;
	const calls = outcome.lastCalls.map(({ name, args, path, address, ...call }) =>
		({ ...call, args: args?.map(short) ?? null, path: short(path), address: short(address) }));
	const told = { args: program.args, code: outcome.exitCode, calls };
	window.open(`${program.inspector}#calls=${encodeURIComponent(JSON.stringify(told))}`, "_blank", "noopener");
	return true;
}

/** Which keys say more after an end, for its line: none after a program that itself said all. @param {string | null} why of the line above */
export function keysAfter(program, outcome, why) {
	const failed = outcome.failedCalls.length > 0 && outcome.exitCode !== 0;
	return (failed ? "; ? lists the calls that failed" : "") + ((failed || why !== null) && mayInspect(program, outcome) ? "; i shows its last calls in the inspector" : "");
}
