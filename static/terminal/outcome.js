/* What is said of a program's end. */
import { duration } from "../figures.js";

/** Before a prompt. @param {boolean} asked has the program asked the gateway for something since? */
export const back = asked => `\x1b[90mInterrupted: the program is back at this prompt, variables and all${
	asked ? "; what it changed outside stays" : ""}\x1b[0m`;

const TOLD_INSPECTOR = "wvwasi.terminal.toldInspector";

/**
 * @param {import("./run.js").Outcome} outcome
 * @returns {{ state: "good" | "bad", status: string, line?: string }} status: short, for the bar; line: for the terminal, where there is more to say
 */
export function describe({ kind, exitCode, error, seconds }) {
	const after = `after ${duration(seconds)}`;
	switch (kind) {
	case "exit":
		return { state: exitCode === 0 ? "good" : "bad", status: `Exit code ${exitCode | 0} ${after}` }; // exit(-1) is -1
	case "interrupted":
		return { state: "bad", status: `Interrupted ${after}, exit code ${exitCode}` };
	case "stopped":
		return { state: "bad", status: `Stopped ${after}` };
	case "trap":
		return { state: "bad", status: `Crashed ${after}`, line: `\x1b[31m${printable(withStack(error))}\x1b[0m` };
	case "failed":
		return { state: "bad", status: "Couldn't start", line: `\x1b[31m${printable(error.message ?? String(error))}\x1b[0m` };
	case "lost":
		return { state: "bad", status: `Lost ${after}`, line: `\x1b[31m${printable(error.message)}\x1b[0m` };
	}
	throw new Error(`no such outcome: ${kind}`);
}

/* Not every engine begins the stack with what happened. */
function withStack({ name, message, stack = "" }) {
	return stack.includes(message) ? stack : `${name}: ${message}\n${stack}`;
}

/** Errors may quote the program; its control characters are not for our lines. @param {string} text */
export function printable(text) {
	return text.trim().replace(/[\0-\x09\x0b-\x1f\x7f-\x9f]/g, "\ufffd").replace(/\n/g, "\r\n");
}

/** A hint that is given once, for after a line. */
export function onceAboutInspector() {
	if (localStorage.getItem(TOLD_INSPECTOR) !== null)
		return "";
	localStorage.setItem(TOLD_INSPECTOR, "yes");
	return "\r\n\x1b[90mThe inspector shows every call of a program: press d in the gateway's terminal\x1b[0m";
}
