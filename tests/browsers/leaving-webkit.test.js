import { leaving } from "./leaving.js";

await leaving("webkit");
