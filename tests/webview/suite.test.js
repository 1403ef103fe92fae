// The browsers' suite in our own window: the page can't tell it from a browser.
import { suite } from "../browsers/suite.js";

await suite("webview");
