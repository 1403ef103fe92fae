// Takes the README's picture of the window anew: the notes example in wvwasi-webview, on a screen in memory.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { pause } from "../../tests/engines/deadline.js";
import { binary } from "../../tests/engines/webview.js";
import { startGateway, top } from "../../tests/gateway/gateway.js";
import { encodePng, startScreen } from "../../tests/webview/screen.js";

const SIZE = [880, 600];
const base = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-screenshots-"));
const root = path.join(base, "Notes"), work = path.join(base, "work");
fs.cpSync(path.join(top, "examples"), root, { recursive: true });
fs.writeFileSync(path.join(root, "index.html"), '<!doctype html><script>location.replace("/notes/")</script>');
fs.mkdirSync(path.join(work, "notes"), { recursive: true });
const notes = {
	"Reading list": "Middlemarch\nThe Left Hand of Darkness\nA Pattern Language\n",
	"Sourdough": "Sunday, for two loaves\n\n\u00a0 900 g  flour, a fifth of it rye\n\u00a0 650 g  water, lukewarm\n\u00a0 180 g  starter, fed in the morning\n\u00a0  20 g  salt\n\n"
		+ "Fold every half hour, three times. Overnight in the cold.\nForty minutes at 240 degrees, the first twenty with the lid on.\n",
	"Trip to Lisbon": "Train on the 14th, 7:42\n",
};
for (const [name, text] of Object.entries(notes))
	fs.writeFileSync(path.join(work, "notes", `${name}.txt`), text);

const screen = await startScreen({ width: 1000, height: 760 });
const env = { DISPLAY: screen.name, HOME: base, XDG_RUNTIME_DIR: base, XDG_STATE_HOME: "", WAYLAND_DISPLAY: "", DBUS_SESSION_BUS_ADDRESS: "", NO_AT_BRIDGE: "1",
	GDK_BACKEND: "x11", GTK_CSD: "1", LIBGL_ALWAYS_SOFTWARE: "1", GSETTINGS_BACKEND: "memory" };
const gateway = await startGateway(["--root", root, "--dir", `${work}::/work`], { env });
const window = spawn(binary, ["--ephemeral"], { env: { ...process.env, ...env }, stdio: "inherit" });
try {
	const id = await screen.window("^Notes$");
	await screen.resize(id, ...SIZE);
	await screen.window("^Notes$");
	await pause(2500);
	const place = await screen.place(id);
	await screen.click(id, ...(process.argv[2]?.split(",") ?? [100, 215]));
	await pause(1500);
	const { rgb, width } = screen.look();
	const cut = Buffer.concat(Array.from({ length: place.height }, (_, row) =>
		rgb.subarray(((place.y + row) * width + place.x) * 3, ((place.y + row) * width + place.x + place.width) * 3)));
	fs.writeFileSync(path.join(top, "docs/screenshots/window.png"), encodePng({ width: place.width, height: place.height, rgb: cut }));
} finally {
	window.kill();
	await gateway.stop();
	await screen.close();
	fs.rmSync(base, { recursive: true, force: true });
}
