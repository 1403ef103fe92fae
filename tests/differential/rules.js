// Where node:wasi (uvwasi) and we may say different things of the same call, and why. Whatever is in none of these rows is a finding.
// Told in docs/CONFORMANCE.md by tests/conformance/differences.md.

const [OK, BADF, BUSY, EXIST, INVAL, ISDIR, LOOP, NOENT, NOTDIR, NOTEMPTY, NOTCAPABLE] = [0, 8, 10, 20, 28, 31, 32, 44, 54, 55, 76];

/** @type {{ why: string, call: RegExp, here: number[] | "any", there: number[] | "any", parts?: boolean,
 * before?: number }[]} before: only below this version of Node; parts: the folders aren't the same any more */
export const rules = [
	{ why: "an empty path is no path: NOENT, as POSIX has it", call: /'' |''$/, here: [NOENT, BUSY], there: [INVAL] },
	{ why: "what a descriptor was not opened for is BADF (INVAL of set_size), as on Linux", call: /^(p?read|p?write|seek|set size) /, here: [BADF, INVAL],
		there: [NOTCAPABLE] },
	{ why: "a link that isn't to be followed isn't opened: LOOP, or NOTDIR where a folder is wanted", call: /^open .* follow 0/s, here: [LOOP, NOTDIR],
		there: "any", parts: true },
	{ why: "EXCL finds what is there, a link that leads nowhere too: EXIST", call: /^open .* way 5/s, here: [EXIST], there: "any", parts: true },
	{ why: "a number that no descriptor has is BADF (older node:wasi: INVAL)", call: / -1( |$)/, here: [BADF], there: [INVAL] },
	{ why: "of two errors either may be told", call: /^(link|rename) /, here: "any", there: "any" },
	{ why: "'.' can't be removed by that name: INVAL, as on Linux", call: /^rmdir '\.'/, here: [INVAL], there: [NOTEMPTY, NOENT] },
	{ why: "'.' can't be renamed, not to itself either: BUSY, as on Linux", call: /^rename '\.' to/, here: [BUSY], there: "any", parts: true },
	{ why: "a slash at the end wants a folder: creating a file there is ISDIR, a link NOTDIR", call: /\/'/, here: [ISDIR, NOTDIR, NOENT],
		there: [NOTDIR, EXIST, NOENT, INVAL, LOOP] },
	// node:wasi of Node 18
	{ why: "an empty path is no path (Node 18: it is the folder)", call: /'' |''$/, here: [NOENT, BUSY], there: "any", parts: true, before: 20 },
	{ why: "a slash at the end wants a folder (Node 18 takes it away)", call: /\/'/, here: "any", there: "any", parts: true, before: 20 },
	{ why: "a link's target has no NUL (Node 18 adds one)", call: /^readlink /, here: [OK], there: [OK], parts: true, before: 20 },
];

const node = Number(process.versions.node.split(".")[0]);
const fits = (wanted, errno) => wanted === "any" || wanted.includes(errno);

/**
 * The rule that explains a difference, or undefined. "any" explains which of two errors it is, never that one host did what the other refused,
 * but where it says that the folders part.
 */
export function explain(call, here, there) {
	return rules.find((rule) => node < (rule.before ?? Infinity) && rule.call.test(call) && fits(rule.here, here) && fits(rule.there, there)
		&& (rule.parts || (here !== OK && there !== OK)));
}
