export * from "./shim/wvwasi.js";
