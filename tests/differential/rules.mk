# make differential: random walks through the calls, here and on node:wasi. WALKS, STEPS, SEED.
$(BUILD)/guests/walk.wasm: tests/differential/walk.c tests/guests/calls.h
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -o $@ $<

$(BUILD)/guests/trees.wasm: tests/differential/trees.c
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -o $@ $<

differential-guest: $(BUILD)/guests/walk.wasm $(BUILD)/guests/trees.wasm
# The suites copy build/guests as it is.
guests: differential-guest

differential: all differential-guest
	@WALKS=$(or $(WALKS),1000) node --test --test-reporter=./tests/reporter.js --test-reporter-destination=stdout tests/differential/differential.test.js

# Long random walks over trees, in default coherence and in strict: in Node, and in engines by every way to wait. WALK_OPERATIONS of each, WALKS, SEED.
walks: all differential-guest
	@WALK_OPERATIONS=$(or $(WALK_OPERATIONS),100000) WALKS=$(or $(WALKS),1) node --test --test-reporter=./tests/reporter.js \
		--test-reporter-destination=stdout tests/differential/trees.test.js tests/differential/engines.test.js

.PHONY: differential differential-guest walks
