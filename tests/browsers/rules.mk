# make injections: SQLite in a page, once for each of its first 500 calls, and that call fails.
injections: all examples
	WVWASI_EVERY=1 node --no-warnings --test-reporter=./tests/reporter.js --test-reporter-destination=stdout --test tests/browsers/injected.test.js

# make recordings: programs recorded in each engine and replayed in each, 20 times, with clang.
recordings: all examples guests
	@$(MAKE) -s bench-programs
	WVWASI_RUNS=$(or $(RUNS),20) node --no-warnings --test-reporter=./tests/reporter.js --test-reporter-destination=stdout --test tests/browsers/recording.test.js

.PHONY: injections recordings
