// The app's folder over HTTP: what is served, how, and what isn't. Both ways of opening files.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { openDoors } from "./doors-fixture.js";
import { Raw, ask, get } from "./raw.js";

const BIG = 40 << 20;

function fill(root, base) {
	const put = (name, text = name) => {
		fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
		fs.writeFileSync(path.join(root, name), text);
	};
	put("index.html", "<h1>app</h1>");
	put("sub/index.html", "sub");
	put("empty/nothing.txt", "");
	put("a b.txt");
	put("ä.txt");
	for (const name of ["a:b.txt", "a#b.txt", "a\\b.txt", ".well-known/security.txt"])
		put(name);
	put(".well-known/.env", "SECRET");
	put("%2e%2e", "odd name");
	put(".env", "SECRET");
	put("sub/.git/config", "SECRET");
	put("ten.txt", "0123456789");
	fs.writeFileSync(path.join(base, "outside.txt"), "SECRET");
	fs.symlinkSync("ten.txt", path.join(root, "link-inside.txt"));
	fs.symlinkSync("../outside.txt", path.join(root, "link-outside.txt"));
	fs.symlinkSync(path.join(base, "outside.txt"), path.join(root, "link-absolute.txt"));
	fs.symlinkSync("..", path.join(root, "link-up"));
	fs.symlinkSync("loop", path.join(root, "loop"));
	fs.symlinkSync("/proc/self/environ", path.join(root, "link-proc"));
	execFileSync("mkfifo", [path.join(root, "fifo")]);
	fs.writeFileSync(path.join(root, "big.bin"), Buffer.alloc(BIG, "0123456789abcdef"));
}

for (const resolver of ["openat2", "walk"]) {
	const fixture = await openDoors(fill, ["--resolver", resolver]);
	after(() => fixture.close());
	const promise = (name, run) => test(`${name} (${resolver})`, run);

	promise("files are served with their type, an ETag and nothing to cache blindly", async () => {
		const { status, headers, body } = await fixture.get("/");
		assert.equal(status, 200);
		assert.equal(body.toString(), "<h1>app</h1>");
		assert.equal(headers["content-type"], "text/html; charset=utf-8");
		assert.match(headers.etag, /^"[0-9a-f-]+"$/);
		assert.equal(headers["cache-control"], "no-cache");
		assert.equal(headers["x-content-type-options"], "nosniff");
		assert.equal(headers["referrer-policy"], "no-referrer");
		assert.equal(headers["access-control-allow-origin"], undefined);
	});

	promise("a folder is its index.html, is led to with a slash, and is never listed", async () => {
		assert.equal((await fixture.get("/sub/")).body.toString(), "sub");
		const { status, headers } = await fixture.get("/sub?a=b");
		assert.deepEqual([status, headers.location], [301, "/sub/?a=b"]);
		assert.equal((await fixture.get("/empty/")).status, 404);
	});

	promise("names of any kind are found by their escapes", async () => {
		assert.equal((await fixture.get("/a%20b.txt")).body.toString(), "a b.txt");
		assert.equal((await fixture.get("/%C3%A4.txt")).body.toString(), "ä.txt");
		assert.equal((await fixture.get("/%252e%252e")).body.toString(), "odd name");
		for (const name of ["a:b.txt", "a#b.txt", "a\\b.txt"])
			assert.equal((await fixture.get(`/${encodeURIComponent(name)}`)).body.toString(), name);
		assert.equal((await fixture.get("/a:b.txt")).body.toString(), "a:b.txt");
		assert.equal((await fixture.get("/.well-known/security.txt")).body.toString(), ".well-known/security.txt");
		assert.equal((await fixture.get("/ten.txt?query=../..")).body.toString(), "0123456789");
	});

	promise("nothing outside the folder, no dot-name and nothing but files is served", async () => {
		const paths = ["/.env", "/.well-known/.env", "/.well-known", "/sub/.well-known/security.txt", "/%2eenv", "/sub/.git/config", "/../outside.txt",
			"/..%2foutside.txt", "/%2e%2e/outside.txt", "/%2e%2e%2foutside.txt",
			"/sub/../../outside.txt", "/sub/%2e%2e/%2e%2e/outside.txt", "//etc/passwd", "/etc/passwd", "/\\..\\outside.txt", "/..%5coutside.txt",
			"/link-outside.txt", "/link-absolute.txt", "/link-up/outside.txt", "/link-up/root/ten.txt", "/loop", "/loop/x", "/link-proc", "/fifo",
			"/nothing", "/ten.txt/", "/ten.txt/x", "/%00", "/ten.txt%00.html", "/%", "/%zz", "/./ten.txt", "/sub//index.html", "/C:/ten.txt",
			"/sub%2findex.html", `/${"a".repeat(300)}`, `/${"a/".repeat(1000)}`];
		const ups = ["..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%252e%252e", "..%00", "..%20", "...", "..;", "..%3b", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae",
			"%uff0e%uff0e", "..%c0%af", "..%ef%bc%8f", "..%e2%88%95", "..%5c", "..%255c", "..%2f..%2f", "..%252f", "%2e%2e%5c", "..%01", "..%0d%0a", "..%7f"];
		for (const up of ups)
			paths.push(`/${up}/outside.txt`, `/sub/${up}/${up}/outside.txt`);
		paths.push("/sub/..", "/sub/../", "/sub/./../ten.txt", "/.", "/..", "/./", "/../", "/%2e", "/%2e/", "/sub/%2e/index.html", "/.%65nv", "/%2e%65nv",
			"/sub/%2egit/config",
			"/.env/", "/.env%00", "/.env%20", "/.ENV", "/.env.html", "//.env", "/sub//.git/config", "/;/.env", "/etc/passwd%00.html", "/proc/self/environ",
			"/%2fetc%2fpasswd",
			"/%5cetc%5cpasswd", "/file:%2f%2f%2fetc/passwd", "/C%3a/ten.txt", "/ten.txt%3a$DATA", "/ten.txt%23", "/ten%00.txt", "/ten.txt%0a",
			"/ten.txt%0d%0aX:%20y",
			"/link-up", "/link-up/", "/link-up/root/", "/link-up/root/.env", "/link-proc/", "/loop/", "/fifo/", "/sub/index.html/", "/sub/index.html/..",
			"/sub/index.html/../../outside.txt",
			"/~root", "/~", "/@fs/etc/passwd", "/@fs/../outside.txt", "/__/", "/x?../outside.txt/../.env", `/${"../".repeat(100)}etc/passwd`,
			`/${"%2e%2e/".repeat(100)}etc/passwd`,
			`/${"sub/../".repeat(50)}.env`, `/${"a".repeat(256)}`, `/${"%61".repeat(256)}`, `/sub${"/".repeat(500)}index.html`);
		const hostile = new Set(paths);
		assert.ok(hostile.size >= 130, String(hostile.size));
		for (const where of hostile) {
			const { status, body } = await fixture.get(where);
			assert.ok(status === 404 || status === 400, `${where}: ${status}`);
			assert.doesNotMatch(body.toString(), /SECRET|root:/, where);
		}
	});

	promise("HEAD tells what GET would", async () => {
		const raw = await Raw.open(fixture.port);
		const head = await raw.send(get(fixture.origin, "/ten.txt", {}, "HEAD")).answer({ noBody: true });
		const whole = await raw.send(get(fixture.origin, "/ten.txt")).answer();
		assert.deepEqual(head.headers, whole.headers);
		assert.equal(head.headers["content-length"], "10");
		raw.close();
	});

	promise("what is known already isn't sent again", async () => {
		const { headers: { etag } } = await fixture.get("/ten.txt");
		for (const known of [etag, `"other", ${etag}`, `W/${etag}`, "*"]) {
			const { status, headers, body } = await fixture.get("/ten.txt", { "If-None-Match": known });
			assert.deepEqual([status, body.length, headers.etag], [304, 0, etag], known);
		}
		assert.equal((await fixture.get("/ten.txt", { "If-None-Match": '"other"' })).status, 200);
		fs.writeFileSync(path.join(fixture.root, "changes.txt"), "one");
		const first = (await fixture.get("/changes.txt")).headers.etag;
		fs.writeFileSync(path.join(fixture.root, "changes.txt"), "two");
		assert.notEqual((await fixture.get("/changes.txt", { "If-None-Match": first })).headers.etag, first);
	});

	promise("one range is served, and an impossible one refused", async () => {
		const { headers: { etag } } = await fixture.get("/ten.txt");
		const part = await fixture.get("/ten.txt", { Range: "bytes=3-5" });
		assert.deepEqual([part.status, part.body.toString(), part.headers["content-range"]], [206, "345", "bytes 3-5/10"]);
		assert.equal((await fixture.get("/ten.txt", { Range: "bytes=-2" })).body.toString(), "89");
		assert.equal((await fixture.get("/ten.txt", { Range: "bytes=8-" })).body.toString(), "89");
		const impossible = await fixture.get("/ten.txt", { Range: "bytes=10-" });
		assert.deepEqual([impossible.status, impossible.headers["content-range"]], [416, "bytes */10"]);
		assert.equal((await fixture.get("/ten.txt", { Range: "bytes=0-1,3-4" })).status, 200);
		assert.equal((await fixture.get("/ten.txt", { Range: "bytes=3-5", "If-Range": etag })).status, 206);
		assert.equal((await fixture.get("/ten.txt", { Range: "bytes=3-5", "If-Range": '"other"' })).status, 200);
	});

	promise("a big file arrives whole, also by a reader that takes its time, and the others are served meanwhile", async () => {
		const raw = await Raw.open(fixture.port);
		raw.socket.pause();
		raw.send(get(fixture.origin, "/big.bin"));
		assert.equal((await fixture.get("/ten.txt")).status, 200);
		raw.socket.resume();
		const { body } = await raw.answer({ timeoutMs: 30_000 });
		assert.ok(body.equals(fs.readFileSync(path.join(fixture.root, "big.bin"))));
		raw.close();
	});

	promise("a file that becomes shorter while it is sent ends the connection, not the gateway", async () => {
		const where = path.join(fixture.root, "shrinks.bin");
		fs.writeFileSync(where, Buffer.alloc(BIG));
		const raw = await Raw.open(fixture.port);
		raw.socket.pause();
		raw.send(get(fixture.origin, "/shrinks.bin"));
		await fixture.get("/ten.txt");
		fs.truncateSync(where, 1);
		raw.socket.resume();
		await assert.rejects(raw.answer(), { hungUp: true });
		assert.ok(await fixture.isWell());
	});
}

test("every type has its name, and text its charset", async (t) => {
	const types = { "a.wasm": "application/wasm", "a.js": "text/javascript; charset=utf-8", "a.mjs": "text/javascript; charset=utf-8",
		"a.css": "text/css; charset=utf-8", "a.json": "application/json; charset=utf-8", "a.svg": "image/svg+xml; charset=utf-8", "a.png": "image/png",
		"a.HTML": "text/html; charset=utf-8", "a.woff2": "font/woff2", "a.txt": "text/plain; charset=utf-8", "a.unknown": "application/octet-stream",
		"noend": "application/octet-stream", "x.js/noend": "application/octet-stream" };
	const fixture = await openDoors((root) => {
		for (const name of Object.keys(types)) {
			fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
			fs.writeFileSync(path.join(root, name), "x");
		}
	});
	t.after(() => fixture.close());
	for (const [name, type] of Object.entries(types))
		assert.equal((await fixture.get(`/${name}`)).headers["content-type"], type, name);
});

for (const [isolation, embedder] of [["require-corp", "require-corp"], ["credentialless", "credentialless"], ["off", undefined]])
	test(`--isolation ${isolation} is on every answer`, async (t) => {
		const fixture = await openDoors((root) => fs.writeFileSync(path.join(root, "a.txt"), "a"), ["--isolation", isolation]);
		t.after(() => fixture.close());
		for (const where of ["/a.txt", "/nothing", "/_wvwasi/wvwasi.js", "/_wvwasi/enter", "/_wvwasi/program.json"]) {
			const { headers } = await fixture.get(where);
			assert.equal(headers["cross-origin-embedder-policy"], embedder, where);
			assert.equal(headers["cross-origin-opener-policy"], embedder && "same-origin", where);
			assert.equal(headers["cross-origin-resource-policy"], "same-origin", where);
		}
	});

test("the shim is one file for the page and one for each worker, and what they are made of lies beside them", async (t) => {
	const fixture = await openDoors();
	t.after(() => fixture.close());
	for (const name of ["wvwasi.js", "worker.js", "gateway/control-worker.js"]) {
		const { body } = await fixture.get(`/_wvwasi/${name}`);
		const text = body.toString();
		assert.ok(!/^\s*(import|export)\b[^(]*from/m.test(text), `${name} asks for another file`);
		const [, map] = /\n\/\/# sourceMappingURL=(\S+)\n$/.exec(text);
		const { sourceRoot, sources } = JSON.parse((await fixture.get(new URL(map, `http://x/_wvwasi/${name}`).pathname)).body);
		assert.ok(sources.length > 5);
		for (const source of sources) {
			const served = await fixture.get(sourceRoot + source);
			assert.equal(served.body.toString(), fs.readFileSync(new URL(`../../static/${source}`, import.meta.url), "utf8"), source);
		}
	}
});

test("what is inside is served below /_wvwasi/, with a strict policy for our pages and none for the shim", async (t) => {
	const fixture = await openDoors();
	t.after(() => fixture.close());
	const shim = await fixture.get("/_wvwasi/wvwasi.js");
	assert.equal(shim.headers["content-type"], "text/javascript; charset=utf-8");
	assert.equal(shim.body.toString(), fs.readFileSync(new URL("../../build/static/wvwasi.js", import.meta.url), "utf8"));
	assert.equal(shim.headers["content-security-policy"], undefined);
	assert.equal((await fixture.get("/_wvwasi/wvwasi.js", { "If-None-Match": shim.headers.etag })).status, 304);
	const page = await fixture.get("/_wvwasi/enter");
	assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
	assert.match(page.headers["content-security-policy"], /default-src 'none'.*frame-ancestors 'none'/);
	assert.doesNotMatch(page.headers["content-security-policy"], /'unsafe-(inline|eval)'/);
	for (const where of ["/_wvwasi/", "/_wvwasi/nothing", "/_wvwasi/../index.html", "/_wvwasi/shim", "/_wvwasi/%65nter", "/_wvwasi/enter/", "/_wvwasi"])
		assert.equal((await fixture.get(where)).status, 404, where);
});

test("with a program alone the origin leads to its terminal, and there are no files", async () => {
	const { startGateway } = await import("./gateway.js");
	const program = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "wvwasi-program-")), "program.wasm");
	fs.writeFileSync(program, "\0asm\x01\0\0\0");
	const gateway = await startGateway(["--", program]);
	fs.rmSync(path.dirname(program), { recursive: true });
	const { url, port, link } = gateway.ready;
	assert.match(link, /&to=\/_wvwasi\/terminal$/);
	const { status, headers } = await ask(port, get(url, "/"));
	assert.deepEqual([status, headers.location], [302, "/_wvwasi/terminal"]);
	assert.equal((await ask(port, get(url, "/index.html"))).status, 404);
	await gateway.stop();
});

test("who asks for a service worker that isn't there gets one that ends itself; the app's own is the app's", async (t) => {
	const doors = await openDoors((root) => {
		fs.mkdirSync(path.join(root, "sub"));
		fs.writeFileSync(path.join(root, "own.js"), "// the app's");
	});
	t.after(() => doors.close());
	const asked = { "Service-Worker": "script", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "same-origin", "Sec-Fetch-Dest": "serviceworker" };
	for (const where of ["/sw.js", "/deep/sw.js?v=3", "/.hidden/sw.js", "/_wvwasi/sw.js", "/_wvwasi/shim/worker.js", "/_wvwasi/program.wasm"]) {
		const { status, headers, body } = await doors.get(where, asked);
		assert.deepEqual([status, headers["content-type"], headers["service-worker-allowed"]], [200, "text/javascript; charset=utf-8", "/"], where);
		assert.match(body.toString(), /registration\.unregister\(\)/, where);
	}
	assert.equal((await doors.get("/own.js", asked)).body.toString(), "// the app's");
	assert.equal((await doors.get("/own.js", asked)).headers["service-worker-allowed"], undefined);
	assert.equal((await doors.get("/sw.js")).status, 404, "a page's script");
	assert.equal((await doors.get("/sw.js", { ...asked, "Sec-Fetch-Site": "cross-site" })).status, 403);
});

test("an address of a page that isn't there is the app's 404.html, and with --spa its index.html; a script's or an image's is nothing", async (t) => {
	const there = (root) => {
		fs.writeFileSync(path.join(root, "index.html"), "<h1>app</h1>");
		fs.writeFileSync(path.join(root, "404.html"), "<h1>lost</h1>");
	};
	const script = { "Sec-Fetch-Dest": "script" }, page = { "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate" };
	for (const [args, status, text] of [[[], 404, "<h1>lost</h1>"], [["--spa"], 200, "<h1>app</h1>"]]) {
		const fixture = await openDoors(there, args);
		t.after(() => fixture.close());
		for (const [where, headers] of [["/notes/7", {}], ["/notes/7.5", page], ["/a/b/c?d=e", page]]) {
			const answer = await fixture.get(where, headers);
			assert.deepEqual([answer.status, answer.body.toString(), answer.headers["content-type"]], [status, text, "text/html; charset=utf-8"], where);
		}
		for (const [where, headers] of [["/app.js", {}], ["/app", script], ["/.env", page], ["/%00", page]]) {
			const answer = await fixture.get(where, headers);
			assert.ok(answer.status === 404 || answer.status === 400, where);
			assert.doesNotMatch(answer.body.toString(), /<h1>/, where);
		}
	}
});
