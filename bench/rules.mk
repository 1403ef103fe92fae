# make bench: real programs in every engine beside node:wasi (QUICK=1: one pair each, in Chromium), and what the gateway itself costs.
BENCH := $(BUILD)/bench

bench-programs:
	@./deps.sh build test
	@bench/setup.sh $(BENCH)

bench: bench-programs
	@$(MAKE) -s --no-print-directory all $(BENCH)/echo $(BENCH)/calls.wasm
	@WVWASI_BENCH=$(abspath $(BENCH)) WVWASI_GW=$(abspath $(BUILD))/wvwasi-gw node --no-warnings bench/run.js $(if $(QUICK),--quick)
	@WVWASI_BENCH=$(abspath $(BENCH)) WVWASI_GW=$(abspath $(BUILD))/wvwasi-gw node --no-warnings bench/server.js
	@WVWASI_BENCH=$(abspath $(BENCH)) WVWASI_GW=$(abspath $(BUILD))/wvwasi-gw node --no-warnings bench/calls.js $(if $(QUICK),--quick)

# What a WebSocket costs with the same library and settings, and nothing behind it.
$(BENCH)/echo: bench/echo.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -o $@ $< -lwebsockets

$(BENCH)/calls.wasm: bench/guest/calls.c tests/guests/calls.h
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -mexec-model=reactor -o $@ $<

.PHONY: bench bench-programs
