// A picture with its 256 most frequent colours, the others as the nearest of these: text on plain paper loses nothing that one sees, and
// has a third of the size.
import fs from "node:fs";
import zlib from "node:zlib";

/* Runs in a page: pixels as indices, in base64, and the colours. */
async function reduce(url) {
	const image = new Image();
	image.src = url;
	await image.decode();
	const { width, height } = image;
	const canvas = new OffscreenCanvas(width, height), context = canvas.getContext("2d");
	context.drawImage(image, 0, 0);
	const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
	const counts = new Map();
	for (const pixel of pixels)
		counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
	const colours = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([colour]) => colour);
	const channels = (colour) => [colour & 255, colour >> 8 & 255, colour >> 16 & 255];
	const indexOf = new Map(colours.map((colour, index) => [colour, index]));
	for (const colour of counts.keys()) {
		if (indexOf.has(colour))
			continue;
		const [r, g, b] = channels(colour);
		const far = (other) => {
			const [x, y, z] = channels(other);
			return (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2;
		};
		indexOf.set(colour, colours.reduce((best, other, index) => (far(other) < far(colours[best]) ? index : best), 0));
	}
	let binary = "";
	for (const pixel of pixels)
		binary += String.fromCharCode(indexOf.get(pixel));
	return { width, height, colours: colours.map(channels), indices: btoa(binary) };
}

function chunk(type, data) {
	const body = Buffer.concat([Buffer.from(type), data]), bytes = Buffer.alloc(body.length + 8);
	bytes.writeUInt32BE(data.length);
	body.copy(bytes, 4);
	bytes.writeUInt32BE(crc(body), bytes.length - 4);
	return bytes;
}

function crc(bytes) {
	let value = ~0;
	for (const byte of bytes) {
		value ^= byte;
		for (let i = 0; i < 8; i++)
			value = value >>> 1 ^ (value & 1 ? 0xedb88320 : 0);
	}
	return ~value >>> 0;
}

/** Rewrites a PNG in place. page: of any engine, on a page without a policy. */
export async function usePalette(page, file) {
	const { width, height, colours, indices } = await page.evaluate(reduce, `data:image/png;base64,${fs.readFileSync(file, "base64")}`);
	const pixels = Buffer.from(indices, "base64"), rows = Buffer.alloc((width + 1) * height); // each row with its filter: none
	for (let y = 0; y < height; y++)
		pixels.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width);
	head.writeUInt32BE(height, 4);
	head.set([8, 3, 0, 0, 0], 8); // eight bits a pixel, by a palette
	fs.writeFileSync(file, Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("PLTE", Buffer.from(colours.flat())),
		chunk("IDAT", zlib.deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]));
}
