import { nodeTests } from "../node-tests.js";

/* Clocks of 10 to 30 seconds. */
const waits = ["call-post", "debugger-control", "doors-heads", "lan-pairing", "message-bounds", "net-bounds"];

/** The real binary and a raw client. */
export const steps = () => nodeTests("gateway", { waits });
export const batch = "without browsers", atOnce = 2;
