// server/wire/interfaces.def, for `make tables`: the functions of WASI's interfaces that components may import, in the shim's order.
import { FUNCTIONS } from "../static/shim/component/interfaces.js";

console.log(`/* Made by \`make tables\` from static/shim/component/interfaces.js; change that. The functions that components import, as
 * debuggers and traces number them, from 1 on. */
${FUNCTIONS.map((name) => `FUNCTION("${name}")`).join("\n")}
#undef FUNCTION`);
