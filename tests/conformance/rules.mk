# docs/CONFORMANCE.md: `make conformance` writes it anew from what the tests say; tests/conformance/conformance.test.js holds it to that.
CONFORMANCE_GUESTS := $(BUILD)/guests/traps.wasm $(BUILD)/guests/security.wasm $(BUILD)/guests/far.wasm
$(CONFORMANCE_GUESTS): $(BUILD)/guests/%.wasm: tests/conformance/%.c tests/guests/calls.h tests/guests/check.h
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -o $@ $(filter %.c,$^)
$(BUILD)/guests/traps.wasm: tests/conformance/traps_handles.c tests/conformance/traps.h

conformance-guests: $(CONFORMANCE_GUESTS)
# The browsers' suite runs them too.
guests: conformance-guests

.PHONY: conformance-guests

conformance: all conformance-guests
	@WVWASI_GW=$(abspath $(BUILD)/wvwasi-gw) node tests/conformance/write.js

.PHONY: conformance
