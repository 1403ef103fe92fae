/* The npm package pg in a page: bundled by tests/browsers/postgresql.test.js, which calls these. */
import { Client } from "pg";
import copyStreams from "pg-copy-streams";

const hex = bytes => Array.from(new Uint8Array(bytes), byte => byte.toString(16).padStart(2, "0")).join("");
const digest = async bytes => hex(await crypto.subtle.digest("SHA-256", bytes));

/** Runs `does(client)` in a connection of its own. */
async function connected(options, does) {
	const client = new Client(options);
	client.on("error", () => {}); // told to whoever waits for a query
	await client.connect();
	try {
		return await does(client);
	} finally {
		await client.end();
	}
}

const tests = {
	/** Rows with a parameter of each kind. */
	query: options => connected(options, async client => {
		const { rows } = await client.query("SELECT $1::int + 1 AS number, $2::text AS text, $3::bytea AS bytes, $4::timestamptz AS at, $5::jsonb AS json, "
			+ "(SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS secure, version() AS version",
		[41, "Grüße 日本", Buffer.from([0, 255, 10]), new Date(86_400_000), { a: [1, null] }]);
		return rows.map(row => ({ ...row, bytes: [...row.bytes], at: row.at.toISOString() }));
	}),

	/** What failed in the middle leaves nothing, what was committed stays, and another connection sees neither before. */
	transaction: options => connected(options, client => connected(options, async other => {
		const count = async its => Number((await its.query("SELECT count(*) FROM accounts")).rows[0].count);
		const counts = [];

		await client.query("CREATE TABLE accounts (id int PRIMARY KEY, balance int CHECK (balance >= 0))");
		await client.query("BEGIN");
		await client.query("INSERT INTO accounts SELECT i, i FROM generate_series(1, 100) AS i");
		counts.push(await count(client), await count(other));
		const { code } = await client.query("UPDATE accounts SET balance = balance - 50").then(() => ({}), error => error);
		const then = await client.query("SELECT 1").then(() => ({}), error => error);
		await client.query("ROLLBACK");
		counts.push(await count(client));
		await client.query("BEGIN");
		await client.query("INSERT INTO accounts SELECT i, i FROM generate_series(1, 7) AS i");
		await client.query("COMMIT");
		counts.push(await count(other));
		return { counts, errors: [code, then.code] };
	})),

	/** Many queries under way at once, in order. */
	pipelined: options => connected(options,
		async client => (await Promise.all(Array.from({ length: 200 }, (_, i) => client.query("SELECT $1::int AS i", [i]))))
		.every(({ rows }, i) => rows[0].i === i)),

	/** COPY of `bytes` bytes into table `copied`; gives what was sent: { bytes, rows, digest }. */
	copyIn: ({ bytes, ...options }) => connected(options, async client => {
		const lines = [], noise = new Uint8Array(48);
		let length = 0;
		for (let id = 0; length < bytes; id++) {
			crypto.getRandomValues(noise);
			lines.push(`${id}\t${btoa(String.fromCharCode(...noise))}\n`);
			length += lines.at(-1).length;
		}
		const all = Buffer.from(lines.join(""));
		await client.query("CREATE TABLE copied (id int, noise text)");
		const copying = client.query(copyStreams.from("COPY copied FROM STDIN"));
		const done = new Promise((resolve, reject) => copying.on("finish", resolve).on("error", reject));
		for (let at = 0; at < all.length; at += 64 << 10)
			if (!copying.write(all.subarray(at, at + (64 << 10))))
				await new Promise(resolve => copying.once("drain", resolve));
		copying.end();
		await done;
		return { bytes: all.length, rows: copying.rowCount, digest: await digest(all) };
	}),

	/** COPY of table `copied` out of it, in its order: { bytes, rows, digest }. */
	copyOut: options => connected(options, async client => {
		const copying = client.query(copyStreams.to("COPY (SELECT * FROM copied ORDER BY id) TO STDOUT"));
		const pieces = [];
		for await (const piece of copying)
			pieces.push(piece);
		const all = Buffer.concat(pieces);
		return { bytes: all.length, rows: copying.rowCount, digest: await digest(all) };
	}),

	/** Fails with { code, message }. */
	refused: options => connected(options, () => null).catch(({ code, message }) => ({ code, message })),

	/** A notification from another connection comes without being asked for. */
	notified: options => connected(options, client => connected(options, async other => {
		const heard = new Promise(resolve => client.once("notification", resolve));
		await client.query("LISTEN news");
		await other.query("NOTIFY news, 'from afar'");
		return (await heard).payload;
	})),
};
window.tests = tests;
