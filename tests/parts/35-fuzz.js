/** A short run of every fuzzer; `make fuzz` is the long one. */
export const steps = () => [{
	name: "fuzz", command: "make", args: ["-s", "-j2", "fuzz", `FUZZ_SECONDS=${process.env.FUZZ_SECONDS ?? (process.env.WVWASI_TEST === "all" ? 60 : 6)}`],
	minutes: 30,
}];
