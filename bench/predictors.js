// How often programs wait with each predictor of the page's cache off: `node bench/predictors.js`. The clock stands still, so that the numbers
// are the same on any machine. What none of these rows needs may still serve a real program: tests/waits says so.
import fs from "node:fs";

import { PREDICTORS } from "../static/shim/cache/prefetch/index.js";
import { NodeProgram } from "../tests/differential/program.js";
import { openFixture } from "../tests/gateway/call-fixture.js";

const FOLDERS = 60, FILES = 8, REGULAR = 4;
const READ_WRITE = 2 | 4 | 32 | 64 | 1 << 21 | 1 << 22;
let now = 1000;
Object.defineProperty(performance, "now", { value: () => now });

const fixture = await openFixture();
for (let d = 0; d < FOLDERS; d++) {
	fs.mkdirSync(fixture.at(`w/d${d}/cache`), { recursive: true });
	for (let f = 0; f < FILES; f++)
		fs.writeFileSync(fixture.at(`w/d${d}/f${f}`), "x".repeat(300));
	fs.writeFileSync(fixture.at(`w/d${d}/cache/c`), "y");
}

async function inEach(act) {
	for (let d = 0; d < FOLDERS; d++)
		await act(`d${d}`);
}

const works = {
	"read all": (program) => inEach(async (folder) => {
		for (const [name, type] of (await program.list(folder)).names)
			if (type === REGULAR)
				await program.readFile(`${folder}/${name}`);
	}),
	"stat, read": (program) => inEach(async (folder) => {
		for (let f = 0; f < FILES; f += 3) {
			await program.stat(`${folder}/f${f}`);
			await program.readFile(`${folder}/f${f}`);
		}
	}),
	"imports": (program) => inEach(async (folder) => {
		await program.stat(`${folder}/none`);
		await program.stat(`${folder}/cache/c`);
		await program.readFile(`${folder}/cache/c`);
	}),
	"look, list": (program) => inEach(async (folder) => {
		await program.stat(`${folder}/f1`);
		await program.list(folder);
	}),
	"database": async (program) => {
		const { fd } = await program.open("d0/f0", { rights: READ_WRITE });
		for (let i = 0; i < 60; i++) {
			for (const journal of ["d0/f0-journal", "d0/f0-wal"])
				await program.stat(journal);
			await program.pread(fd, 100, 0);
			await program.fstat(fd);
			await program.pwrite(fd, "z".repeat(50), 0);
			await program.sync(fd);
		}
		await program.close(fd);
	},
};

const table = {};
for (const off of [null, ...Object.keys(PREDICTORS)]) {
	const row = table[off === null ? "all on" : `no ${off}`] = {};
	for (const [name, work] of Object.entries(works)) {
		const program = await NodeProgram.start(fixture.session, { grant: "/w", predictors: off === null ? {} : { [off]: false } });
		now += 1000;
		await work(program);
		row[name] = program.program.stats().roundTrips;
		await program.exit();
	}
}
console.table(table);
await fixture.close();
