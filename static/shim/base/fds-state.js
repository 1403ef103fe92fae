//# allFunctionsCalledOnLoad
/* A program's descriptors as bytes, for the page that goes on with it (recording/keeping.js). Only what a program without a cache has: nothing is gathered. */
import { Reader, Writer, toText } from "./bytes.js";
import { Descriptor, LAST_GENERATION } from "./fds.js";

const STREAMS = [null, "tty", "stdin", "stdout", "stderr"];
const FLAG = { NARROWED: 1, PATH: 2, PREOPEN: 4, PLACE: 8, ROOT: 16, NAME: 32, ADRIFT: 64 };

/** All of an FdTable. */
export function savedFds(fds) {
	const { open, generations, freeSlots } = fds.parts();
	const w = new Writer(2048);
	for (const list of [generations, freeSlots]) {
		w.u32(list.length);
		for (let i = 0; i < list.length; i++)
			w.u32(list[i] ?? 0xFFFFFFFF); // a slot that was never used
	}
	for (let fd = 0; fd < open.length; fd++)
		if (open[fd] !== undefined)
			save(w, fd, open[fd]);
	return w.bytes.slice(0, w.at);
}

function save(w, fd, descriptor) {
	const { path, shown, preopen, place, root } = descriptor;
	w.u32(fd);
	w.u32(descriptor.handle);
	w.raw(descriptor.fdstat);
	w.u32(descriptor.traits);
	w.u32(descriptor.credit);
	w.u64(descriptor.offset);
	w.u8(STREAMS.indexOf(descriptor.stream));
	w.u8((descriptor.narrowed ? FLAG.NARROWED : 0) | (path === null ? 0 : FLAG.PATH) | (preopen === null ? 0 : FLAG.PREOPEN) | (place === null ? 0 : FLAG.PLACE)
		| (root === null ? 0 : FLAG.ROOT) | (path === null && shown !== null ? FLAG.NAME : 0) | (descriptor.adrift ? FLAG.ADRIFT : 0));
	if (path !== null)
		w.string(path);
	else if (shown !== null)
		w.string(shown);
	if (preopen !== null)
		w.string(preopen);
	if (place !== null) {
		w.u32(place.handle);
		w.string(place.path);
	}
	if (root !== null)
		w.u32(root);
}

/** Makes the FdTable what it was. later: [{ handle }] that were opened since, and are closed now: no slot has the same handle again. */
export function restoreFds(fds, bytes, later = []) {
	const r = new Reader(bytes);
	let [generations, freeSlots] = [0, 1].map(() => r.list(() => r.u32()));
	const open = [];
	while (r.at < bytes.length) {
		const fd = r.u32();
		open[fd] = restored(r);
	}
	generations = generations.map(generation => (generation === 0xFFFFFFFF ? undefined : generation));
	for (const { handle } of later)
		generations[slotOf(handle)] = Math.max(generations[slotOf(handle)] ?? 0, handle >>> 16);
	if (later.length > 0) {
		const used = new Set(open.filter(Boolean).map(({ handle }) => slotOf(handle)));
		freeSlots = Array.from(generations.keys()).filter(slot => slot > 2 && !used.has(slot) && generations[slot] < LAST_GENERATION);
	}
	fds.become({ open, freeSlots, generations });
}

const slotOf = handle => handle & 0xFFFF;

function restored(r) {
	const descriptor = new Descriptor(r.u32(), r.raw(24), r.u32(), r.u32());
	const offset = r.u64();
	descriptor.offset = offset <= Number.MAX_SAFE_INTEGER ? Number(offset) : offset;
	descriptor.stream = STREAMS[r.raw(1)[0]];
	const [flags] = r.raw(1);
	descriptor.narrowed = (flags & FLAG.NARROWED) !== 0;
	descriptor.adrift = (flags & FLAG.ADRIFT) !== 0;
	if (flags & FLAG.PATH)
		descriptor.path = r.string().slice();
	if (flags & FLAG.NAME)
		descriptor.name = toText(r.string());
	if (flags & FLAG.PREOPEN)
		descriptor.preopen = r.string().slice();
	if (flags & FLAG.PLACE)
		descriptor.place = { handle: r.u32(), path: toText(r.string()) };
	if (flags & FLAG.ROOT)
		descriptor.root = r.u32();
	return descriptor;
}
