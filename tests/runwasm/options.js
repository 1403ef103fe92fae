// The command line of run-wasm.
export const usage = `usage: run-wasm [options] PROGRAM ARG…
Runs a wasm32-wasip1 program in a headless browser, through the gateway. stdin, stdout, stderr and exit code are the program's.
  --engine chromium|firefox|webkit   default: chromium
  --wait auto|jspi|shared|xhr        how the program waits for an answer; default: auto
  --coherence default|strict|trap
  --dir HOST[::GUEST][:ro]           grants a folder; nothing else is granted
  --env K[=V]
  --tcplisten HOST:PORT[:blocking]   port 0: any; the address is said on stderr
  --net RULE, --limit NAME=N         as the gateway's
  --arg0 NAME                        argv[0]; default: PROGRAM's basename
  --stats FILE                       writes { exitCode, wait, stats, … } as JSON
A trap prints its stack and is exit code 134; 125 means that the program could not be run.
The engine stays for the next run, for a minute; WVWASI_ENGINE_SERVER=off starts one for this run alone.
The gateway is build/wvwasi-gw, or $WVWASI_GW.`;

const choices = {
	engine: ["chromium", "firefox", "webkit"],
	wait: ["auto", "jspi", "shared", "xhr"],
	coherence: ["default", "strict", "trap"],
};

/**
 * @param {string[]} argv
 * @returns {object} the options; throws an Error whose message is for people
 */
export function parse(argv) {
	const options = { engine: "chromium", wait: "auto", coherence: "default", dirs: [], env: [], tcplisten: [], net: [], limit: [] };
	const rest = [...argv];
	const value = (name) => {
		if (!rest.length)
			throw new Error(`${name} needs a value`);
		return rest.shift();
	};
	while (rest.length && rest[0].startsWith("-")) {
		const [, flag, inline] = /^(--[^=]+)(?:=(.*))?$/s.exec(rest.shift()) ?? [];
		if (inline !== undefined)
			rest.unshift(inline);
		if (!flag)
			break; // "--": the program follows
		const name = flag.slice(2);
		if (name === "help")
			return { help: true };
		else if (choices[name]) {
			options[name] = value(flag);
			if (!choices[name].includes(options[name]))
				throw new Error(`${flag} is one of ${choices[name].join(", ")}, not '${options[name]}'`);
		} else if (name === "dir")
			options.dirs.push(value(flag));
		else if (name === "env" || name === "tcplisten" || name === "net" || name === "limit")
			options[name].push(value(flag));
		else if (name === "arg0" || name === "stats")
			options[name] = value(flag);
		else
			throw new Error(`unknown option '${flag}'`);
	}
	if (!rest.length)
		throw new Error("no PROGRAM given");
	[options.program, ...options.args] = rest;
	return options;
}

/** `HOST[::GUEST][:ro]`, as the gateway reads it. */
export function parseDir(text) {
	const readonly = text.endsWith(":ro");
	const [host, guest] = (readonly ? text.slice(0, -3) : text).split(/::(.*)/s);
	return { guest: guest || host, readonly };
}
