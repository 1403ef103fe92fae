// The shim's worker with marks in it: page/parts.js.
import "./parts-marks.js";
import "/_wvwasi/worker.js";
