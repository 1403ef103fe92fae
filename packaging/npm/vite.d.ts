import type { Plugin } from "vite";

export interface Options {
	/** Folders that programs may use, as --dir takes them: "project::/work", "data::/data:ro". */
	dirs?: string[];
	/** More of the gateway's flags: ["--port", "4242"]. */
	flags?: string[];
	/** The gateway. Default: $WVWASI_GW, else `wvwasi-gw` on the PATH. */
	command?: string;
}

/** Starts a gateway in front of Vite's dev server. Open the link that it prints. */
export default function wvwasi(options?: Options): Plugin;
