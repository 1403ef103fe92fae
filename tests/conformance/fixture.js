// What the programs of this folder find beside them, and what is outside: for any browser and any way.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createServer } from "node:net";
import path from "node:path";

/** Arguments and $ODD of traps.c. */
export const ARGS = ['a "b"\n\'c\'', "ä"], ODD = 'x="y z"\n';

/** Fills base/{root,ro,outside,root2}; root becomes the program's first descriptor, ro its second, read-only. @returns {Promise<() => void>} to undo */
export async function furnish(name, base) {
	const at = (...parts) => path.join(base, ...parts);
	for (const folder of ["root", "ro", "outside/folder", "root2"])
		fs.mkdirSync(at(folder), { recursive: true });
	for (const file of ["root/file", "ro/file", "outside/secret", "root2/secret"])
		fs.writeFileSync(at(file), file.endsWith("secret") ? "secret\n" : "file\n");
	for (const [file, year] of [["old", 1960], ["far", 2400]]) {
		fs.writeFileSync(at("root", file), "");
		fs.utimesSync(at("root", file), Date.UTC(year) / 1000, Date.UTC(year) / 1000);
	}
	fs.symlinkSync("file", at("ro/link"));
	const links = name === "traps" ? { absolute: "/etc/passwd" } : name === "far" ? {} : {
		out: "../outside", outf: "../outside/secret", trail: "../outside/", chain: "out/", deep_out: "dir/../../outside", abs_secret: at("outside/secret"),
		abs_dir: at("outside"), to_new_outside: "../outside/new", magic_root: "/proc/self/root", magic_cwd: "/proc/self/cwd", magic_exe: "/proc/self/exe",
		magic_fd: "/proc/self/fd/0",
	};
	for (const [link, target] of Object.entries(links))
		fs.symlinkSync(target, at("root", link));
	if (name === "far") {
		fs.rmSync(at("root/far"));
		fs.mkdirSync(at("root/many"));
		for (let i = 0; i < 100_000; i++)
			fs.closeSync(fs.openSync(at(`root/many/n${i}`), "w"));
	} else if (name === "traps") {
		fs.rmSync(at("root/file"));
	} else {
		fs.mkdirSync(at("root/dir"));
	}
	if (name !== "security")
		return () => {};
	const socket = createServer();
	execFileSync("mkfifo", [at("root/fifo")]);
	await new Promise((resolve) => socket.listen(at("root/socket"), resolve));
	return () => socket.close();
}

/** Everything outside, as text: the same before and after. */
export const outsideOf = (base) => JSON.stringify(["outside", "root2", "ro"].flatMap((folder) => fs.readdirSync(path.join(base, folder)).sort().map((name) => {
	const { size, mtimeMs, ino, nlink } = fs.lstatSync(path.join(base, folder, name));
	return [folder, name, size, mtimeMs, ino, nlink];
})));
