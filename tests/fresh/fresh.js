// The README's commands, to the letter, on a Debian that has nothing else: fresh.js FOLDER [PARTS [RELEASE]]. Run it as root.
// PARTS: "none" leaves out the tests. RELEASE: bookworm (Debian 12) or trixie (13).
// mmdebstrap makes a bare root below FOLDER, from the mirrors that apt is configured with here; an ordinary user of that root, who may
// use sudo, types the commands in a clone of this commit, at a terminal, and says yes when asked. Prints for each command how long it took,
// how many packages came with it, and how long nothing was printed at most.
// Mounts live in namespaces that end with their command, and the root is removed at the end, however that comes.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("../..", import.meta.url));
const [folder = "build", parts = "", RELEASE = "bookworm"] = process.argv.slice(2);
const run = (command, args, options) => execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], ...options })?.trim();

/** The README's code block under "Try it", and the command that it gives for testing. */
function readmeCommands() {
	const readme = fs.readFileSync(path.join(top, "README.md"), "utf8");
	const block = readme.match(/^## Try it\n[^]*?^```sh\n([^]*?)^```/m)[1].trim().split("\n");
	const test = readme.match(/To test: `([^`]+)`/)[1];
	return parts === "none" ? block : [...block, parts ? `${test} PARTS="${parts}"` : test];
}

/** One line of sources.list for each repository of Debian's that apt knows here, for RELEASE. */
function sources() {
	const sites = run("apt-get", ["indextargets", "--format", "$(ORIGIN) $(SITE) $(CODENAME)", "Created-By: Packages"]).split("\n");
	const lines = sites.map((line) => line.split(" ")).filter(([origin]) => origin === "Debian" || origin === "Debian-Security")
		.map(([, site, suite]) => `deb ${site} ${suite.replace(/^[a-z]+/, RELEASE)} main`);
	if (!lines.length)
		throw new Error("apt has no Debian mirror here: apt-get update");
	return [...new Set(lines)];
}

/** How this machine reaches its mirrors and npm's registry, for the root: settings, no credentials. */
function configureNetwork(root) {
	for (const file of ["/etc/resolv.conf", "/etc/hosts"])
		fs.copyFileSync(file, path.join(root, file));
	const settings = ["registry", "https-proxy", "proxy"].map((key) => [key, run("npm", ["config", "get", key], { cwd: "/" })]);
	const cafile = run("npm", ["config", "get", "cafile"], { cwd: "/" });
	if (fs.existsSync(cafile)) {
		fs.copyFileSync(cafile, path.join(root, "home/user/registry.pem"));
		settings.push(["cafile", "/home/user/registry.pem"]);
		fs.writeFileSync(path.join(root, "home/user/.wgetrc"), "ca_certificate=/home/user/registry.pem\n");
	}
	fs.appendFileSync(path.join(root, "home/user/.profile"), `export NPM_CONFIG_REGISTRY='${settings[0][1]}'\n`); // for who has no npm
	fs.writeFileSync(path.join(root, "home/user/.npmrc"),
		settings.filter(([, value]) => value !== "null" && value !== "").map(([key, value]) => `${key}=${value}\n`).join(""));
}

/** A bare Debian with sudo, a user, and a clone of this commit in that user's home. */
function makeRoot(root) {
	const apt = run("apt-config", ["dump"]).split("\n").filter((line) => /^Acquire::(https?|Check)/.test(line));
	const aptConf = path.join(root, "..", "apt.conf");
	fs.writeFileSync(aptConf, `${apt.join("\n")}\n`);
	run("mmdebstrap", ["--quiet", "--mode=root", "--variant=minbase", "--include=sudo", "--skip=cleanup/apt/lists",
		`--aptopt=${aptConf}`, RELEASE, root, "-"], { input: `${sources().join("\n")}\n`, stdio: ["pipe", "inherit", "inherit"] });
	fs.writeFileSync(path.join(root, "etc/dpkg/dpkg.cfg.d/here"), "force-unsafe-io\n"); // the root doesn't outlive a power cut, nor need it
	run("chroot", [root, "useradd", "--create-home", "--shell", "/bin/bash", "user"]);
	fs.writeFileSync(path.join(root, "etc/sudoers.d/user"), "user ALL=(ALL) NOPASSWD: ALL\n");
	run("git", ["clone", "--quiet", `file://${top}`, path.join(root, "home/user/clone")]);
	configureNetwork(root);
	run("chroot", [root, "chown", "-R", "user:user", "/home/user"]);
}

// Not by chroot: who is in one may not make the namespaces that browsers lock themselves into.
const ENTER = `set -e
cd "$1"
mount --bind . . && cd "$1"
mount --rbind /dev dev && mount --rbind /sys sys && mount -t proc proc proc
pivot_root . . && umount -l .
exec su - user --session-command "cd clone && $2"`;

const packagesIn = (root) => fs.readFileSync(path.join(root, "var/lib/dpkg/status"), "utf8").match(/^Status: install ok installed$/gm).length;

/** One command at a terminal of the root. Questions are answered with yes; `until` in what it prints makes us press q. Gives { seconds, packages, silence }. */
function type(root, command, until) {
	const started = Date.now(), packagesBefore = packagesIn(root);
	let last = started, silence = 0;
	console.log(`\n$ ${command}`);
	const inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh", root, command];
	const quoted = inside.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
	child = spawn("script", ["--quiet", "--flush", "--return", "--command", quoted, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
	let line = "", met = !until;
	child.stdout.on("data", (bytes) => {
		process.stdout.write(bytes);
		silence = Math.max(silence, Date.now() - last);
		last = Date.now();
		line = (line + bytes).split("\n").at(-1).slice(-1000);
		if (/\[(y\/N|Y\/n)\] ?$/.test(line))
			child.stdin.write("y\n");
		if (!met && until.test(String(bytes))) {
			met = true;
			child.stdin.write("q\n");
		}
	});
	return new Promise((resolve, reject) => child.once("close", (code) => {
		child = undefined;
		if (code !== 0 || !met || stopped)
			reject(new Error(`${command}: ${stopped ? "stopped" : met ? `ended with ${code}` : `ended without printing ${until}`}`));
		else
			resolve({ seconds: (last - started) / 1000, packages: packagesIn(root) - packagesBefore, silence: silence / 1000 });
	}));
}

let child; // what runs at the moment
let stopped = false;
fs.mkdirSync(folder, { recursive: true });
const base = fs.mkdtempSync(path.resolve(folder, "fresh-"));
// The mounts are gone with the namespaces of the commands: what is removed here is the root's own.
process.once("exit", () => fs.rmSync(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 }));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
	process.on(signal, () => {
		stopped = true;
		return child ? child.kill() : process.exit(1);
	});
const root = path.join(base, "root");
const table = [];
try {
	const started = Date.now();
	makeRoot(root);
	table.push(["(a bare root)", { seconds: (Date.now() - started) / 1000, packages: packagesIn(root), silence: 0 }]);
	for (const command of readmeCommands())
		table.push([command, await type(root, command, command === "make run" ? /q: quit/ : undefined)]);
} catch (error) {
	console.error(`test-fresh: ${error.message}`);
	process.exitCode = 1;
}
for (const [command, { seconds, packages, silence }] of table)
	console.log(`${command.padEnd(50)} ${seconds.toFixed(0).padStart(6)} s ${String(packages).padStart(5)} packages, silent for ${silence.toFixed(0)} s at most`);
