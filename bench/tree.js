// The files that the programs work on, the same on every machine: `node tree.js FOLDER` makes tree/ (100 folders of 20 text files, 12 MB;
// one line in about 400 holds "needle"), text.txt (0.3 MB of them) and big.bin (64 MiB).
import fs from "node:fs";
import path from "node:path";

const [, , root] = process.argv;
const WORDS = "the quick brown fox jumps over lazy dog lorem ipsum dolor sit amet return static const int void struct char".split(" ");
const KINDS = ["txt", "c", "h", "md"];

let state = 12345;
function random() {
	state = (Math.imul(state, 1103515245) + 12345) >>> 0;
	return state / 2 ** 32;
}

function line() {
	const words = Array.from({ length: 3 + Math.floor(random() * 9) }, () => WORDS[Math.floor(random() * WORDS.length)]);
	if (random() < 1 / 400)
		words.push("needle");
	return `${words.join(" ")}\n`;
}

const texts = [];
for (let folder = 0; folder < 100; folder++) {
	const place = path.join(root, "tree", `d${folder % 10}`, `s${folder}`);
	fs.mkdirSync(place, { recursive: true });
	for (let file = 0; file < 20; file++) {
		const size = Math.floor(200 * 2 ** (random() * 7.2));
		let text = "";
		while (text.length < size)
			text += line();
		fs.writeFileSync(path.join(place, `f${file}.${KINDS[file % KINDS.length]}`), text);
		if (folder % 10 === 0 && KINDS[file % KINDS.length] === "txt")
			texts.push(text);
	}
}
fs.writeFileSync(path.join(root, "text.txt"), texts.join(""));

const piece = Buffer.from(Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 2654435761) >>> 7));
const big = fs.openSync(path.join(root, "big.bin"), "w");
for (let i = 0; i < 64; i++) {
	piece[0] = i;
	fs.writeSync(big, piece);
}
fs.closeSync(big);
