// Whether a quota bounds what its user may write: the gateway gets the kernel's answer, locked in too.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { after, test } from "../testing.js";
import { ROOT_ONLY } from "./call-fixture.js";
import { Session } from "./client.js";
import { startGateway, stopTraced, top } from "./gateway.js";

/* What quotactl_fd says of a folder to a process that isn't locked in. */
const ASK = `import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
done = libc.syscall(443, os.open(sys.argv[1], os.O_RDONLY), 0x80000700, os.geteuid(), ctypes.create_string_buffer(256))
print("done" if done == 0 else os.strerror(ctypes.get_errno()))`;
const answered = (folder) => spawnSync("python3", ["-c", ASK, folder], { encoding: "utf8" }).stdout.trim();
const base = [os.tmpdir(), top].map((folder) => fs.mkdtempSync(path.join(folder, ".wvwasi-quota-")));
after(() => base.forEach((each) => fs.rmSync(each, { recursive: true, force: true })));
const folder = base.find((each) => !/not implemented/.test(answered(each)));

const skip = folder ? false : "no file system here has quotas";

test("a program's start asks for quotas of the user and of the group, and the kernel answers", { skip }, async () => {
	const log = path.join(base[0], "log");
	const gateway = await startGateway(["--root", base[0], "--no-root-dir", "--dir", `${folder}::/`],
		{ through: ["strace", "-f", "-qq", "-o", log, "-e", "trace=quotactl_fd"] });
	try {
		(await (await Session.enter(gateway)).connect(ROOT_ONLY)).close();
	} finally {
		await stopTraced(gateway);
	}
	const asked = fs.readFileSync(log, "latin1").split("\n").filter((line) => line.includes("quotactl_fd(")), text = asked.join("\n");
	for (const type of ["USRQUOTA", "GRPQUOTA"])
		assert.ok(asked.some((line) => line.includes(`Q_GETQUOTA, ${type})`)), `nobody asked for ${type}: ${text}`);
	assert.ok(asked.every((line) => /= 0$|ESRCH|EPERM/.test(line)), text);
});
