//# allFunctionsCalledOnLoad
/* path_open as it goes over the wire: whoever asks for it, or tells it. */

/** path_open's arguments. */
export function writeOpen(w, folder, name, { lookup, oflags, rights, rightsHigh, inheriting, inheritingHigh, fdflags }, handle) {
	w.u32(folder.handle);
	w.u32(lookup);
	w.string(name);
	w.u32(oflags);
	w.u64halves(rights, rightsHigh);
	w.u64halves(inheriting, inheritingHigh);
	w.u32(fdflags);
	w.u32(handle);
}
