// JavaScript Promise Integration: in Chromium, not yet in TypeScript's own dom types.
declare namespace WebAssembly {
	const Suspending: new (wait: Function) => ImportValue;
	function promising(run: Function): (...args: unknown[]) => Promise<unknown>;
}
