// The system's store of CAs, which WebKitGTK asks (GnuTLS reads that one file, which update-ca-certificates makes): with one more in it, as after
// an administrator has added it, in this mount namespace alone.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const STORE = "/etc/ssl/certs/ca-certificates.crt";
let mounted = false;

/** @param {string} pem its file */
export function authorityMount(pem) {
	if (mounted)
		return;
	if (fs.readlinkSync("/proc/self/ns/mnt") === fs.readlinkSync(`/proc/${process.ppid}/ns/mnt`)) // who started us has the machine's
		throw new Error("the system's store isn't to be changed: a mount namespace is needed, such as `ip netns exec` makes");
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-store-")), file = path.join(folder, "ca-certificates.crt");
	fs.writeFileSync(file, fs.readFileSync(STORE, "utf8") + fs.readFileSync(pem, "utf8"));
	execFileSync("mount", ["--bind", file, STORE]);
	fs.rmSync(folder, { recursive: true }); // the mount keeps it until the namespace ends
	mounted = true;
}
