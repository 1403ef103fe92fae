/** Guests against processes that swap everything under them; the long run is 60 seconds. */
export const steps = () => [{
	name: "race", command: "make", args: ["-s", "race"], minutes: 5,
	env: { RACE_SECONDS: process.env.RACE_SECONDS ?? (process.env.WVWASI_TEST === "all" ? "60" : "10") },
}];
