# make injections: SQLite in a page, once for each of its first 500 calls, and that call fails.
injections: all examples
	WVWASI_EVERY=1 node --no-warnings --test-reporter=./tests/reporter.js --test-reporter-destination=stdout --test tests/browsers/injected.test.js

.PHONY: injections
