//# allFunctionsCalledOnLoad
/* wasi:http/types' fields, and what its functions take and give. */
import { toBytes, toText } from "../base/codec.js";
import { Fields } from "./http-messages.js";

export const HTTP = "wasi:http/types#";
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"], OTHER_METHOD = 9;
export const OK = 0, FAILED = 1;

export const textOf = (guest, pointer, length) => toText(guest.bytes(pointer, length));

/** Makes functions that set a request's field to a text, or to none: OK, or FAILED where isRight(text) is false. requestOf: (handle) => request */
export const textSetter = requestOf => (field, isRight) => (guest, handle, isSome, pointer, length) => {
	const value = isSome === 0 ? null : textOf(guest, pointer, length);
	if (value !== null && !isRight(value))
		return FAILED;
	requestOf(handle)[field] = value;
	return OK;
};

/** A method by its case, or its text. */
export const methodOf = (guest, kind, pointer, length) => METHODS[kind] ?? textOf(guest, pointer, length);

export function giveMethod(guest, to, method) {
	const at = guest.place(to, 12, 4), known = METHODS.indexOf(method);
	guest.view.setUint8(at, known < 0 ? OTHER_METHOD : known);
	if (known < 0)
		guest.setList(at + 4, toBytes(method));
	return 0;
}

/** option<string> */
export function giveText(guest, to, value) {
	const at = guest.place(to, 12, 4);
	guest.view.setUint8(at, value === null ? 0 : 1);
	if (value !== null)
		guest.setList(at + 4, toBytes(value));
	return 0;
}

/** result<own, _> of one handle, where there may be one once: null */
export function giveOnce(host, guest, to, resource) {
	const at = guest.place(to, 8, 4);
	guest.view.setUint8(at, resource === null ? FAILED : OK);
	if (resource !== null)
		guest.view.setUint32(at + 4, host.add(resource), true);
	return 0;
}

/** A headers function: a copy that nobody changes, of what fieldsOf(handle) gives. */
export const givesFields = (host, fieldsOf) => (guest, handle) => {
	const copy = fieldsOf(handle).copy();
	copy.isImmutable = true;
	return host.add(copy);
};

/** list<T>: store(item's place, T) */
export function giveItems(guest, to, size, list, store) {
	const at = guest.place(to, 8, 4), items = guest.allocate(size * list.length, 4);
	list.forEach((item, i) => store(items + size * i, item));
	guest.view.setUint32(at, items, true);
	guest.view.setUint32(at + 4, list.length, true);
	return 0;
}

function takeItems(guest, pointer, count, size, load) {
	const list = guest.place(pointer, size * (count >>> 0), 4);
	return Array.from({ length: count >>> 0 }, (_, i) => load(list + size * i));
}

const listAt = (guest, at) => guest.bytes(guest.view.getUint32(at, true), guest.view.getUint32(at + 4, true)).slice();

/** key of interfaces.js -> (guest, ...i32) => result or MISS. errorAt: where in a result<_, header-error> that lies. */
export function fieldsFunctions(host, errorAt = 1) {
	const fieldsOf = handle => host.get(handle, Fields);

	/* result<_, header-error> */
	function change(guest, to, refusal, act) {
		const at = guest.place(to, errorAt + 1, errorAt);
		guest.view.setUint8(at, refusal === null ? OK : FAILED);
		if (refusal === null)
			act();
		else
			guest.view.setUint8(at + errorAt, refusal);
		return 0;
	}

	return {
		[`${HTTP}[constructor]fields`]: () => host.add(new Fields()),
		[`${HTTP}[static]fields.from-list`](guest, pointer, count, to) {
			const at = guest.place(to, 8, 4), fields = new Fields();
			fields.entries = takeItems(guest, pointer, count, 16, item => [toText(listAt(guest, item)), listAt(guest, item + 8)]);
			const refusal = fields.entries.map(([name, value]) => fields.refusal(name, [value])).find(its => its !== null) ?? null;
			guest.view.setUint8(at, refusal === null ? OK : FAILED);
			if (refusal === null)
				guest.view.setUint32(at + 4, host.add(fields), true);
			else
				guest.view.setUint8(at + 4, refusal);
			return 0;
		},
		[`${HTTP}[method]fields.get`]: (guest, handle, pointer, length, to) =>
			giveItems(guest, to, 8, fieldsOf(handle).get(textOf(guest, pointer, length)), (at, value) => guest.setList(at, value)),
		[`${HTTP}[method]fields.has`]: (guest, handle, pointer, length) => (fieldsOf(handle).get(textOf(guest, pointer, length)).length > 0 ? 1 : 0),
		[`${HTTP}[method]fields.set`](guest, handle, pointer, length, list, count, to) {
			const fields = fieldsOf(handle), name = textOf(guest, pointer, length), values = takeItems(guest, list, count, 8, at => listAt(guest, at));
			return change(guest, to, fields.refusal(name, values), () => {
				fields.delete(name);
				fields.entries.push(...values.map(value => [name, value]));
			});
		},
		[`${HTTP}[method]fields.delete`](guest, handle, pointer, length, to) {
			const fields = fieldsOf(handle), name = textOf(guest, pointer, length);
			return change(guest, to, fields.refusal(name), () => fields.delete(name));
		},
		[`${HTTP}[method]fields.append`](guest, handle, pointer, length, valueAt, valueLength, to) {
			const fields = fieldsOf(handle), name = textOf(guest, pointer, length), value = guest.bytes(valueAt, valueLength).slice();
			return change(guest, to, fields.refusal(name, [value]), () => fields.entries.push([name, value]));
		},
		[`${HTTP}[method]fields.entries`]: (guest, handle, to) => giveItems(guest, to, 16, fieldsOf(handle).entries, (at, [name, value]) => {
			guest.setList(at, toBytes(name));
			guest.setList(at + 8, value);
		}),
		[`${HTTP}[method]fields.clone`]: (guest, handle) => host.add(fieldsOf(handle).copy()),
	};
}
