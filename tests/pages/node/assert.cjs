/* Node's "assert" as a function. */
module.exports = condition => {
	if (!condition)
		throw new Error("assertion failed");
};
