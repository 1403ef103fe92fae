// Long random walks over whole trees in default coherence: what the program is told is what is on the disk.
// SEED: where to begin; WALKS: how many; OPERATIONS: of each.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { openHouse } from "../gateway/call-house.js";
import { dice } from "../neighbour.js";
import { after, test } from "../testing.js";
import { NodeProgram } from "./program.js";

const first = Number(process.env.SEED ?? 1), operations = Number(process.env.OPERATIONS ?? 4000);
const ERRNO = { ENOENT: 44, EEXIST: 20, ENOTDIR: 54, EISDIR: 31, ENOTEMPTY: 55 };

const house = await openHouse();
after(() => house.close());

/* What the disk says. */
function told(look) {
	try {
		return { errno: 0, ...look() };
	} catch (error) {
		if (!(error.code in ERRNO))
			throw error;
		return { errno: ERRNO[error.code] };
	}
}

for (let seed = first; seed < first + Number(process.env.WALKS ?? 1); seed++)
	test(`folders that are made, read and removed, seed ${seed}: ${operations} operations`, { timeout: 120_000 }, async () => {
		const chance = dice(seed);
		fs.mkdirSync(house.at(`walk${seed}`));
		const program = await NodeProgram.start(house.session, { grant: `/walk${seed}` });
		const at = (name) => path.join(house.at(`walk${seed}`), name);
		const name = () => Array.from({ length: 1 + chance(3) }, () => "abcd"[chance(4)]).join("/");
		const acts = {
			async make(where) {
				const parts = where.split("/");
				for (let i = 1; i <= parts.length; i++)
					await program.mkdir(parts.slice(0, i).join("/"));
				for (let i = chance(4); i >= 0; i--)
					await program.writeFile(`${where}/f${i}`, `${where} ${i}`);
				return [fs.existsSync(at(`${where}/f0`)), true];
			},
			stat: async (where) => [{ errno: (await program.stat(where)).errno }, told(() => void fs.lstatSync(at(where)))],
			read: async (where) => [await program.readFile(`${where}/f0`), told(() => ({ bytes: fs.readFileSync(at(`${where}/f0`), "latin1") }))],
			async readAll(where) {
				const { errno, names } = await program.list(where);
				const read = errno ? { errno } : { errno, names: names.map(([its]) => its) };
				for (const [its, type] of names ?? [])
					await (type === 3 ? acts.readAll(`${where}/${its}`) : program.readFile(`${where}/${its}`));
				return [read, told(() => ({ names: fs.readdirSync(at(where)).sort() }))];
			},
			async remove(where) {
				await program.remove(where);
				return [fs.existsSync(at(where)), false];
			},
		};
		for (let i = 0; i < operations; i++) {
			const what = Object.keys(acts)[chance(5)], where = name();
			const [ours, theirs] = await acts[what](where);
			assert.deepEqual(ours, theirs, `${seed}.${i}: ${what} ${where}`);
		}
		await program.exit();
	});
