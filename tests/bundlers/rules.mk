# The npm package in bundlers' own builds and in Vite's dev server. Packages come from npm's registry into $(BUILD)/bundlers: some minutes.
test-bundlers: all npm-package
	@./deps.sh test-browsers
	@node --test-reporter=./tests/reporter.js --test --test-concurrency=1 tests/bundlers/builds.test.js tests/bundlers/dev.test.js

.PHONY: test-bundlers
