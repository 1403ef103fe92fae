# make test: everything that a change must pass. test-all: every coherence in every engine too.
include tests/guests/rules.mk
include tests/components/rules.mk

deps:
	@./deps.sh build test

# Parts that use neither the guests nor the examples.
PLAIN_PARTS := tables harness map unit terminal inspector types fuzz race

# A forgotten row of a table, or a line that is too long, is told before anything is built. The parts need the dependencies before make looks at what is to be built.
test test-all:
	@! command -v node >/dev/null || for file in tables sizes; do \
		said=$$(node --no-warnings --test-reporter=./tests/reporter.js tests/tables/$$file.test.js) || { echo "$$said"; exit 1; }; done
	@./deps.sh build $(if $(PARTS),$(PARTS:%=test-%),test)
	@$(MAKE) -s $(PARALLEL) all $(if $(PARTS),$(if $(filter-out $(PLAIN_PARTS),$(PARTS)),guests examples components),guests examples components) \
		$(if $(filter x86_64,$(shell uname -m)),$(if $(PARTS),$(if $(filter packages,$(PARTS)),npm),npm))
	@WVWASI_TEST=$(@:test-%=%) node tests/run-all.js $(PARTS)

# Every suite, workload and random walk beside a debugger, in each engine, way to wait and kind of debugger: hours.
test-debugged: all guests examples
	@./deps.sh build test-debugger
	@$(MAKE) -s bench-programs
	@$(MAKE) -s test-all PARTS=debugger

# The pictures of README.md and docs/SECURITY.md, of the real thing.
screenshots:
	@./deps.sh build test
	@$(MAKE) -s all examples guests
	node docs/screenshots/take.js
	node docs/screenshots/doors.js
	node docs/screenshots/pairing.js
	node docs/screenshots/take-recording.js

.PHONY: deps test test-all test-debugged screenshots

-include tests/fresh/rules.mk
-include tests/bundlers/rules.mk
-include tests/languages/rules.mk
-include tests/packages/rules.mk
-include tests/fuzz/rules.mk
-include tests/race/rules.mk
-include tests/gateway/rules.mk
-include tests/conformance/rules.mk
-include tests/differential/rules.mk
-include tests/promise/rules.mk
-include tests/browsers/rules.mk
-include tests/go/rules.mk
