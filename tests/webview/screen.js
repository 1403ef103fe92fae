// A screen in memory that can be photographed and typed on: what a user sees and does, where the engine's own interface doesn't reach
// (title bar, dialogs, the page that stands in for a crashed one).
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import zlib from "node:zlib";

import { startChild } from "../engines/child.js";
import { pause, within } from "../engines/deadline.js";

const run = promisify(execFile);

/** Starts one; name is for DISPLAY. */
export async function startScreen({ width = 1100, height = 800 } = {}) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-screen-"));
	const xvfb = startChild("Xvfb", ["-displayfd", "3", "-screen", "0", `${width}x${height}x24`, "-nolisten", "tcp", "-fbdir", folder],
		{ stdio: ["ignore", "ignore", "ignore", "pipe"] });
	const number = await within(new Promise((resolve, reject) => {
		xvfb.once("error", error => reject(new Error(`cannot start Xvfb: ${error.message} (apt-get install xvfb)`)));
		xvfb.stdio[3].once("data", bytes => resolve(String(bytes).trim()));
	}), 10_000, "Xvfb");
	const name = `:${number}`;
	/* A window manager that is nearly nothing: it closes windows, and lets them fill the screen. */
	const manager = startChild("evilwm", ["-display", name, "-bw", "0", "-fn", "fixed"], { stdio: "ignore" });
	manager.once("error", () => {}); // told by who waits for a window
	const xdotool = async (...args) => (await run("xdotool", args, { env: { ...process.env, DISPLAY: name } })).stdout.trim();

	/** Ids of the windows that are shown and whose title matches, the topmost last. A window that goes meanwhile ends xdotool with an X
 * error: it looks again. */
	const windows = async (title = "..*") => {
		for (;;) {
			try {
				return (await xdotool("search", "--onlyvisible", "--name", title)).split("\n").filter(Boolean);
			} catch (error) {
				if (!/X Error|BadWindow/.test(error.stderr))
					return []; // there is none
			}
		}
	};

	return {
		name, windows,
		titleOf: id => xdotool("getwindowname", id),
		/** Waits for a window with this title (a regular expression); gives its id. */
		async window(title, timeoutMs = 30_000) {
			for (const until = Date.now() + timeoutMs; ; await pause(50)) {
				const found = await windows(title);
				if (found.length)
					return found.at(-1);
				if (Date.now() > until)
					throw new Error(`no window '${title}' within ${timeoutMs} ms; there are: ${await Promise.all((await windows()).map(id => xdotool("getwindowname", id)))}`);
			}
		},
		async gone(title, timeoutMs = 30_000) {
			for (const until = Date.now() + timeoutMs; (await windows(title)).length; await pause(50))
				if (Date.now() > until)
					throw new Error(`window '${title}' is still there after ${timeoutMs} ms`);
		},
		/** Keys as xdotool names them ("ctrl+r"), to the window, which gets the focus. */
		async press(id, ...keys) {
			await xdotool("windowfocus", "--sync", id);
			await xdotool("key", "--clearmodifiers", ...keys);
		},
		/** Keys to whatever has the focus, or holds the keyboard, as a menu does. */
		keys: (...keys) => xdotool("key", ...keys),
		async type(id, text) {
			await xdotool("windowfocus", "--sync", id);
			await xdotool("type", "--clearmodifiers", "--delay", "5", text);
		},
		/** At a point of the window. */
		click: (id, x, y, button = 1) => xdotool("mousemove", "--window", id, String(x), String(y), "click", String(button)),
		/** As a window manager does when its close button is clicked. */
		async closeWindow(id) {
			await xdotool("windowfocus", "--sync", id);
			await xdotool("key", "ctrl+alt+Escape"); // evilwm's
		},
		resize: (id, width, height) => xdotool("windowsize", "--sync", id, String(width), String(height)),
		/** { x, y, width, height } */
		async place(id) {
			const text = await xdotool("getwindowgeometry", "--shell", id);
			return Object.fromEntries(["X", "Y", "WIDTH", "HEIGHT"].map(name => [name.toLowerCase(), Number(new RegExp(`^${name}=(.*)$`, "m").exec(text)[1])]));
		},
		/** What is on it, as rows of RGB. */
		look: () => readScreen(path.join(folder, "Xvfb_screen0")),
		/** Waits until so many points of the screen are of a colour, give or take a little. Gives the middle of them: { x, y } on the screen. */
		async sees([red, green, blue], points, timeoutMs = 15_000) {
			const near = 12;
			for (const until = Date.now() + timeoutMs; ; await pause(50)) {
				const { width, rgb } = readScreen(path.join(folder, "Xvfb_screen0"));
				let found = 0, x = 0, y = 0;
				for (let at = 0; at < rgb.length; at += 3)
					if (Math.abs(rgb[at] - red) <= near && Math.abs(rgb[at + 1] - green) <= near && Math.abs(rgb[at + 2] - blue) <= near) {
						found++;
						x += (at / 3) % width;
						y += Math.floor(at / 3 / width);
					}
				if (found >= points)
					return { x: Math.round(x / found), y: Math.round(y / found) };
				if (Date.now() > until)
					throw new Error(`${found} points of ${points} are of the colour ${[red, green, blue]} after ${timeoutMs} ms`);
			}
		},
		/** What X says about a window, as xprop prints it; format: "32x" numbers, "8s" text. */
		propertyOf: async (id, name, format) => (await run("xprop", ["-display", `:${number}`, "-id", id, "-f", name, format, name], { maxBuffer: 1 << 24 }))
		.stdout, photograph: file => fs.writeFileSync(file, encodePng(readScreen(path.join(folder, "Xvfb_screen0")))),
		async close() {
			await manager.stop();
			await xvfb.stop();
			fs.rmSync(folder, { recursive: true, force: true });
		},
	};
}

/* Xvfb keeps its screen in a file in xwd's format: a head of big-endian words, colours, pixels. */
function readScreen(file) {
	const bytes = fs.readFileSync(file);
	const word = index => bytes.readUInt32BE(index * 4);
	const [headSize, width, height, stride, colours] = [word(0), word(4), word(5), word(12), word(19)];
	const start = headSize + colours * 12;
	const rgb = Buffer.alloc(width * height * 3);
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++) {
			const from = start + y * stride + x * 4, to = (y * width + x) * 3;
			rgb[to] = bytes[from + 2];
			rgb[to + 1] = bytes[from + 1];
			rgb[to + 2] = bytes[from];
		}
	return { width, height, rgb };
}

function crc(bytes) {
	let value = ~0;
	for (const byte of bytes) {
		value ^= byte;
		for (let bit = 0; bit < 8; bit++)
			value = (value >>> 1) ^ (0xedb88320 & -(value & 1));
	}
	return ~value >>> 0;
}

/** A PNG of rows of RGB. */
export function encodePng({ width, height, rgb }) {
	const chunk = (type, data) => {
		const body = Buffer.concat([Buffer.from(type), data]), whole = Buffer.alloc(body.length + 8);
		whole.writeUInt32BE(data.length, 0);
		body.copy(whole, 4);
		whole.writeUInt32BE(crc(body), body.length + 4);
		return whole;
	};
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
	const rows = Buffer.alloc(height * (width * 3 + 1));
	for (let y = 0; y < height; y++)
		rgb.copy(rows, y * (width * 3 + 1) + 1, y * width * 3, (y + 1) * width * 3);
	return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", zlib.deflateSync(rows)),
		chunk("IEND", Buffer.alloc(0))]);
}
