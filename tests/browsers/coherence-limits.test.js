// Where the system tells nobody of changes, or can't tell of so many: no leases, right answers.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { gatewayPid, watches } from "../gateway/processes.js";
import { noFuse, ownMounts, withLimits } from "../gateway/mounts.js";
import { after, test } from "../testing.js";
import { changes, everything, Inquirer, Mapper } from "./coherence.js";
import { Fixture } from "./fixture.js";

/** What a guest without leases could be wrong about, if it could be wrong at all. */
const SOME = ["edits", "replaces by rename", "deletes", "creates", "writes through another name", "renames a parent"];
const way = { wait: "jspi", coherence: "default" };
const fixture = await Fixture.open("chromium", ownMounts);
after(() => fixture.close());

/** That many watches a program has that knows a folder with 20 files and one below; undefined: only root can know. */
async function watched(prepare) {
	const one = await Inquirer.start(fixture, way, prepare);
	fs.mkdirSync(one.at("sub"));
	for (let i = 0; i < 20; i++)
		fs.writeFileSync(one.at(`file${i}`), "");
	for (let time = 0; time < 3; time++)
		await one.sees(["list .", "stat file1", "list sub"]);
	const count = watches(gatewayPid(fixture.gateway.pid));
	await one.close();
	return count;
}

test("on a local file system, with all its watches", async () => assert.ok([22, undefined].includes(await watched())));

test("on a FUSE file system, changed behind its back", { skip: noFuse ?? false }, async () => {
	const behind = path.join(fixture.base, "behind");
	let unmount;
	fs.mkdirSync(behind);
	await changes(fixture, way, SOME, async (one) => {
		unmount = await one.mounts.fuse(behind, one.folder.host);
		one.behind = behind;
	});
	await unmount();
	const count = await watched(async (one) => {
		unmount = await one.mounts.fuse(behind, one.folder.host);
	});
	assert.ok(!count, `${count} watches`);
	await unmount();
});

test("in folders below which one is a FUSE file system's", { skip: noFuse ?? false }, async () => {
	const one = await Inquirer.start(fixture, way);
	const behind = path.join(fixture.base, "below");
	for (const at of [behind, one.at("place")])
		fs.mkdirSync(at);
	fs.writeFileSync(path.join(behind, "file"), "one");
	const questions = ["list .", "list place", "stat place", "stat place/file", "stat place/none", "read place/file"];
	await one.sees(questions, "before");
	const unmount = await one.mounts.fuse(behind, one.at("place"));
	await one.sees(questions, "mounted");
	fs.appendFileSync(path.join(behind, "file"), "more");
	fs.writeFileSync(path.join(behind, "none"), "");
	await one.sees(questions, "changed");
	await unmount();
	await one.sees(questions, "unmounted");
	await one.close();
});

test("when the kernel lost count of what happened", async () => {
	const one = await Inquirer.start(fixture, way);
	const questions = ["stat file", "list .", "stat none", "stat sub/file", "list sub"];
	fs.mkdirSync(one.at("sub"));
	for (const name of ["file", "sub/file"])
		fs.writeFileSync(one.at(name), "one");
	await one.sees(questions, "before");
	const gateway = gatewayPid(fixture.gateway.pid);
	process.kill(gateway, "SIGSTOP"); // it hears nothing of all this
	try {
		for (let left = Number(fs.readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8")); left > 0; left -= 2) {
			fs.writeFileSync(one.at("x"), "");
			fs.rmSync(one.at("x"));
		}
		fs.writeFileSync(one.at("sub/file"), "nobody was told of this");
		fs.writeFileSync(one.at("none"), "nor of this");
	} finally {
		process.kill(gateway, "SIGCONT");
	}
	await one.sees(questions, "after");
	fs.writeFileSync(one.at("file"), "and heard again");
	await one.sees(questions, "again");
	await one.close();
});

/** The fixture with another gateway. */
async function withGateway(options, use) {
	const { gateway, page } = fixture;
	fixture.gateway = await fixture.startGateway([], options);
	fixture.page = await fixture.openPage(fixture.gateway);
	try {
		await use();
	} finally {
		await fixture.page.close();
		await fixture.gateway.stop();
		Object.assign(fixture, { gateway, page });
	}
}

/* The documented exception, and that it is the only one: what is stored through a mapping, where nobody may ask who has one. */
test("in files of which the kernel doesn't say who writes them", { skip: process.getuid() === 0 ? false : "nobody here has files of others" }, async () => {
	const SOMEBODY = 1000;
	await withGateway({ through: ["setpriv", "--bounding-set", "-lease"] }, async () => {
		await changes(fixture, way, everything, undefined, (folder) => {
			for (const name of ["file", "sub/file", "sub/deep/file"])
				fs.chownSync(path.join(folder, name), SOMEBODY, SOMEBODY);
		});
		const one = await Inquirer.start(fixture, way), mapper = new Mapper();
		fs.writeFileSync(one.at("file"), "what it was");
		fs.chownSync(one.at("file"), SOMEBODY, SOMEBODY);
		await one.sees(["list .", "read file", "stat file"], "before");
		await mapper.does("map", one.at("file"));
		await mapper.does("store", "then");
		await mapper.does("close");
		await one.sees(["read file", "stat file"], "when the mapping has gone");
		mapper.end();
		await one.close();
	});
});

for (const [what, limits] of [["twelve watches", { max_inotify_watches: 12 }], ["no watch", { max_inotify_watches: 0 }],
		["nothing to hear with", { max_inotify_instances: 0 }]]) {
	const options = withLimits(limits);
	test(`when the kernel allows ${what}`, { skip: options ? false : "nobody here may have limits of their own" }, () => withGateway(options, async () => {
		await changes(fixture, way, SOME);
		assert.ok([limits.max_inotify_watches ?? 0, undefined].includes(await watched()));
	}));
}
