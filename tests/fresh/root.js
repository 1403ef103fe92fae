// A bare Debian or Ubuntu in a folder, and commands in it as its ordinary user. As root. Leaves to others what is tried there.
// Debian's packages come from the mirrors that apt is configured with here, Ubuntu's from its own. Mounts live in namespaces that end with their command.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const top = fileURLToPath(new URL("../..", import.meta.url));
const DAY_MS = 86_400_000;
const UBUNTU = ["noble", "resolute"]; // 24.04 and 26.04

/** Runs it to its end; gives what it printed. Throws if it fails. */
export const run = (command, args, options) => execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], ...options })?.trim();

/** The keys that sign Ubuntu's packages, as Debian 13's package has them. */
function ubuntuKeys() {
	const keys = path.join(top, "build/roots/ubuntu-archive-keyring.gpg"), root = path.join(top, `build/roots/keys-${process.pid}`);
	if (isFresh(keys))
		return keys;
	makeRoot(root, "trixie");
	try {
		const [program, ...args] = enter(root, "apt-get download -qq ubuntu-keyring && dpkg-deb -x ubuntu-keyring_*.deb .");
		run(program, args);
		fs.copyFileSync(path.join(root, "home/user/usr/share/keyrings/ubuntu-archive-keyring.gpg"), keys);
	} finally {
		removeRoots(root);
	}
	return keys;
}

/** One line of sources.list for each repository of Debian's that apt knows here, for the release (bookworm, trixie, or sid, which has but one). */
function sources(release) {
	if (UBUNTU.includes(release))
		return [`deb [signed-by=${ubuntuKeys()}] http://archive.ubuntu.com/ubuntu ${release} main universe`];
	const sites = run("apt-get", ["indextargets", "--format", "$(ORIGIN) $(SITE) $(CODENAME)", "Created-By: Packages"]).split("\n");
	const lines = sites.map((line) => line.split(" ")).filter(([origin]) => origin === "Debian" || origin === "Debian-Security")
		.filter(([, , suite]) => release !== "sid" || /^[a-z]+$/.test(suite))
		.map(([, site, suite]) => `deb ${site} ${suite.replace(/^[a-z]+/, release)} main`);
	if (!lines.length)
		throw new Error("apt has no Debian mirror here: apt-get update");
	return [...new Set(lines)];
}

/** Whether a bare root can be made: there is one already, or a mirror answers. */
export function canMakeRoot(release) {
	if (isFresh(archiveOf(release)))
		return true;
	try {
		const [, site, suite] = sources(release)[0].split(" ");
		run("/usr/lib/apt/apt-helper", ["download-file", `${site}/dists/${suite}/InRelease`, path.join(top, "build/InRelease")], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

const archiveOf = (release) => path.join(top, `build/roots/${release}.tar`);
const isFresh = (archive) => fs.existsSync(archive) && Date.now() - fs.statSync(archive).mtimeMs < DAY_MS;

/** How this machine reaches its mirrors and npm's registry, for the root: settings, no credentials. */
function configureNetwork(root) {
	for (const file of ["/etc/resolv.conf", "/etc/hosts"])
		fs.copyFileSync(file, path.join(root, file));
	const asked = run("npm", ["config", "get", "registry", "https-proxy", "proxy", "cafile"], { cwd: "/" }).split("\n")
		.map((line) => /^(.*?)=(.*)$/.exec(line).slice(1));
	const settings = asked.filter(([key]) => key !== "cafile"), cafile = asked.find(([key]) => key === "cafile")[1];
	if (fs.existsSync(cafile)) {
		fs.copyFileSync(cafile, path.join(root, "home/user/registry.pem"));
		settings.push(["cafile", "/home/user/registry.pem"]);
		fs.writeFileSync(path.join(root, "home/user/.wgetrc"), "ca_certificate=/home/user/registry.pem\n");
	}
	fs.appendFileSync(path.join(root, "home/user/.profile"), `export NPM_CONFIG_REGISTRY='${settings[0][1]}'\n`); // for who has no npm
	fs.writeFileSync(path.join(root, "home/user/.npmrc"),
		settings.filter(([, value]) => value !== "null" && value !== "").map(([key, value]) => `${key}=${value}\n`).join(""));
}

/** The archive of a bare system, which serves for a day: making one takes a minute and more. */
function bareArchive(release) {
	const archive = archiveOf(release), folder = path.dirname(archive);
	if (isFresh(archive))
		return archive;
	const apt = run("apt-config", ["dump"]).split("\n").filter((line) => /^Acquire::(https?|Check)/.test(line));
	const fresh = `${archive}.${process.pid}.tar`;
	fs.mkdirSync(folder, { recursive: true });
	fs.writeFileSync(path.join(folder, "apt.conf"), `${apt.join("\n")}\n`);
	// No sync of each file: no root outlives a power cut, nor need it.
	run("mmdebstrap", ["--quiet", "--mode=root", "--variant=minbase", "--dpkgopt=force-unsafe-io", "--skip=cleanup/apt/lists",
		`--aptopt=${path.join(folder, "apt.conf")}`, ...UBUNTU.includes(release) ? ["--include=apt"] : [], // none of its essential packages
		release, fresh, "-"], { input: `${sources(release).join("\n")}\n`, stdio: ["pipe", "inherit", "inherit"] });
	fs.renameSync(fresh, archive);
	return archive;
}

/** A bare Debian or Ubuntu with these packages beside the essential ones, and a user who may use sudo where that is one of them. */
export function makeRoot(root, release, include = []) {
	const archive = bareArchive(release);
	fs.mkdirSync(root);
	run("tar", ["-C", root, "--numeric-owner", "-xpf", archive]);
	run("chroot", [root, "useradd", "--create-home", "--shell", "/bin/bash", "user"]);
	fs.mkdirSync(path.join(root, "etc/sudoers.d"), { recursive: true });
	// Without a terminal of its own, in which Debian 13's sudo leaves the command to nobody who would count its time.
	fs.writeFileSync(path.join(root, "etc/sudoers.d/user"), "Defaults !use_pty\nuser ALL=(ALL) NOPASSWD: ALL\n");
	configureNetwork(root);
	run("chroot", [root, "chown", "-R", "user:user", "/home/user"]);
	if (include.length) {
		const [program, ...args] = enter(root,
			`DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends ${include.join(" ")} >/tmp/installed 2>&1 || { tail -n 20 /tmp/installed; exit 1; }`, "root");
		run(program, args, { stdio: ["ignore", "inherit", "inherit"] });
	}
}

/** Removes a folder of roots, and nothing of what is still mounted there, should somebody have ended mmdebstrap in the middle. */
export const removeRoots = (folder) => run("rm", ["-rf", "--one-file-system", folder]);

/** This commit, in the user's home. */
export function cloneInto(root) {
	run("git", ["clone", "--quiet", `file://${top}`, path.join(root, "home/user/clone")]);
	run("chroot", [root, "chown", "-R", "user:user", "/home/user"]);
}

// Not by chroot: who is in one may not make the namespaces that browsers lock themselves into.
const ENTER = `set -e
cd "$1"
mount --bind . . && cd "$1"
mount --rbind /dev dev && mount --rbind /sys sys && mount -t proc proc proc
pivot_root . . && umount -l .
exec su - "$3" --session-command "$2"`;

/** The words of a command that runs this shell command in the root, in the user's home. */
export const enter = (root, command, user = "user") =>
	["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh", root, command, user];

/** How many packages are installed there. */
export const packagesIn = (root) => fs.readFileSync(path.join(root, "var/lib/dpkg/status"), "utf8").match(/^Status: install ok installed$/gm).length;
