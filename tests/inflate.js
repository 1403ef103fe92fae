// Node 18's DecompressionStream doesn't know "deflate-raw", which every browser does.
import { Duplex } from "node:stream";
import { createInflateRaw } from "node:zlib";

const Own = globalThis.DecompressionStream;

globalThis.DecompressionStream = class {
	constructor(format) {
		return format === "deflate-raw" ? Duplex.toWeb(createInflateRaw()) : new Own(format);
	}
};
