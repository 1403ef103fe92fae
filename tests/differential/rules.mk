# make differential: random walks through the calls, here and on node:wasi. WALKS, STEPS, SEED.
$(BUILD)/guests/walk.wasm: tests/differential/walk.c tests/guests/calls.h
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -o $@ $<

differential-guest: $(BUILD)/guests/walk.wasm
# The suites copy build/guests as it is.
guests: differential-guest

differential: all differential-guest
	@WALKS=$(or $(WALKS),1000) node --test --test-reporter=./tests/reporter.js --test-reporter-destination=stdout tests/differential/differential.test.js

# Long random walks over trees, in default coherence and in strict. WALK_OPERATIONS of each, WALKS, SEED.
walks: all
	@WALK_OPERATIONS=$(or $(WALK_OPERATIONS),100000) WALKS=$(or $(WALKS),1) node --test --test-reporter=./tests/reporter.js \
		--test-reporter-destination=stdout tests/differential/trees.test.js

.PHONY: differential differential-guest walks
