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

# Hours of random walks over trees, in default coherence and in strict: in Node, and in engines by every way to wait. WALK_SECONDS of each, SEED.
walks: all differential-guest
	@for file in trees engines; do \
		WALK_SECONDS=$(or $(WALK_SECONDS),7200) node --no-warnings --test-reporter=./tests/reporter.js tests/differential/$$file.test.js || exit; \
	done

.PHONY: differential differential-guest walks
