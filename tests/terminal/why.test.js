// Why a program failed: each rule says something of what it is about, and nothing where it can't be sure.
import assert from "node:assert/strict";
import test from "node:test";

import { RULES, pathIn, relativeIn, whyOf } from "../../static/terminal/why.js";

const granted = [{ path: "/work", readonly: false }, { path: "/docs", readonly: true }, { path: "/tmp", readonly: false }, { path: "/dev", readonly: false }];
const call = (name, path, its = "path_open") => ({ call: its, path, address: null, errno: 1, name });
const socket = (name, address, its) => ({ call: its, path: null, address, errno: 2, name });
const error = (name, message = "") => Object.assign(new Error(message), { name });
const lacks = (path) => `FileNotFoundError: [Errno 44] No such file or directory: '${path}'`;

/* about: the rule's; says: null where it may not speak, nor any other. */
const rows = [
	{ about: "a change that was told as done", error: error("ChangeLost"), says: /^All that it changed before is done, and nothing after it\./ },
	{ about: "features of the program", error: error("LinkError", "imports that nobody provides: wasi.thread-spawn"), says: /built with threads/ },
	{ about: "features of the program", error: error("LinkError", "imports that nobody provides: env.emscripten_resize"), says: /wasm32-wasip1/ },
	{ about: "features of the program", error: error("LinkError", "imports that nobody provides: mine.own"), says: null },
	{ about: "no space", failed: [call("NOSPC", "/tmp/x", "fd_write")], says: /No space was left for \/tmp\/x\. .*--limit scratch=BYTES/ },
	{ about: "no space", failed: [call("DQUOT", "/work/x", "fd_write")], says: /\/work\/x\. Free some/ },
	{ about: "a folder that is granted read-only", failed: [call("ROFS", "/docs/a")], says: /wanted to change \/docs\/a, and \/docs is granted read-only\..*without :ro/ },
	{ about: "a folder that is granted read-only", failed: [call("PERM", "/docs/a")], said: "cannot write /docs/a", says: /\/docs is granted read-only/ },
	{ about: "a folder that is granted read-only", failed: [call("PERM", "/docs/a")], said: "another reason", says: null },
	{ about: "the rules of the network", failed: [socket("ACCES", "10.0.0.1:80", "sock_connect")], says: /--net tcp:10\.0\.0\.1:80$/ },
	{ about: "the rules of the network", failed: [socket("ACCES", "0.0.0.0:80", "sock_bind")], says: /--net listen:0\.0\.0\.0:80$/ },
	{ about: "the rules of the network", failed: [socket("ACCES", "10.0.0.1:53", "sock_send_to")], says: /--net udp:10\.0\.0\.1:53$/ },
	{ about: "the rules of the network", failed: [socket("CONNREFUSED", "10.0.0.1:80", "sock_connect")], says: null },
	{ about: "a file that the gateway's user may not touch", failed: [call("ACCES", "/work/key")], said: "/work/key: Permission denied", says: /user who runs/ },
	{ about: "a path outside what is granted", said: lacks("/etc/passwd"),
		says: /^It looked for \/etc\/passwd; granted are \/work, \/docs \(read-only\) and \/tmp\. Restart with --dir \/etc::\/etc:ro$/ },
	{ about: "a path outside what is granted", said: lacks("/work/x"), says: null },
	{ about: "a path outside what is granted", said: "see https://example.org/etc/passwd: not found", says: null },
	{ about: "a path outside what is granted", failed: [call("NOENT", "/etc/passwd")], granted: [{ path: "/", readonly: true }], said: "no passwd here",
		says: /^It looked for \/etc\/passwd; granted is \/ \(read-only\)\./ },
	{ about: "a path outside what is granted", failed: [call("NOENT", "/etc/passwd")], granted: [{ path: "/", readonly: false }], said: lacks("/etc/passwd"), says: null },
	{ about: "a path that doesn't begin with a slash", said: lacks("data.txt"), says: /^data\.txt was looked for in \/.* Give \/work\/data\.txt/ },
	{ about: "a path that doesn't begin with a slash", said: "cat: data.txt: No such file or directory", says: /\/work\/data\.txt/ },
	{ about: "a path that doesn't begin with a slash", said: "no data.txt today", says: null },
	{ about: "a file that isn't there, of a program that says nothing", failed: [call("NOENT", "/work/x")], says: /^It didn't find \/work\/x\.$/ },
	{ about: "a file that isn't there, of a program that says nothing", failed: [call("NOENT", "/work/x")], said: "wrong option", says: null },
	{ about: "what isn't there", failed: [call("NOTSUP", "/work/x", "fd_allocate")], said: "Not supported", says: /^It needs fd_allocate, which isn't supported\.$/ },
	{ about: "what isn't there", failed: [call("NOTSUP", "/work/x", "fd_allocate")], said: "bad input", says: null },
];

for (const { about, says, ...its } of rows)
	test(`${about}: ${says ?? "nothing is said"} (${its.said ?? its.failed?.[0].name ?? its.error.name})`, () => {
		const evidence = { failed: [], granted, said: "", ...its };
		const said = RULES.find((rule) => rule.about === about).of(evidence);
		if (says === null)
			return assert.equal(whyOf(evidence), null);
		assert.match(said, says);
		return assert.equal(whyOf(evidence), said, "no rule before it speaks");
	});

test("every rule has a row", () => {
	assert.deepEqual(RULES.map(({ about }) => about).filter((about) => !rows.some((row) => row.about === about && row.says !== null)), []);
});

test("paths are found in what programs of several languages say", () => {
	for (const [said, path] of [[lacks("/etc/passwd"), "/etc/passwd"], ["cat: /etc/passwd: No such file", "/etc/passwd"], ["open /a/b.txt: no.", "/a/b.txt"],
		["File \"/lib/x.py\", line 1\nError: '/etc/y'", "/etc/y"], ["at http://a/b and 1/2", null]])
		assert.equal(pathIn(said), path, said);
	for (const [said, name] of [[lacks("a.txt"), "a.txt"], ["words: a.txt: No such file or directory", "a.txt"], [lacks("/a.txt"), null], ["/a.txt: No such file or directory", null]])
		assert.equal(relativeIn(said), name, said);
});
