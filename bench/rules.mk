# make bench: real programs in every engine beside node:wasi (QUICK=1: one pair each, in Chromium), what a page pays for them without us, what they
# cost beyond their own work, what a user waits for from run() on, what the gateway itself costs, the network beside relays, and what one call does
# in each engine and way to wait. Tables and a picture are left in build/bench: results, bound, overhead, starts, server, network, calls, targets. One that
# fails doesn't keep the others from being taken, and what was measured isn't measured again (AGAIN=1: it is).
BENCH := $(BUILD)/bench

bench-programs:
	@./deps.sh build test
	@bench/setup.sh $(BENCH)
	@$(MAKE) -s --no-print-directory $(BENCH)/bin/scan.wasm $(BENCH)/bin/list.wasm $(BENCH)/bin/sqlite3.component.wasm

bench: bench-programs
	@./deps.sh bench
	@$(MAKE) -s --no-print-directory all $(BENCH)/echo $(BENCH)/relay $(BENCH)/calls.wasm $(BENCH)/steady.wasm
	@failed=; for part in run bound overhead starts server network calls; do \
		WVWASI_BENCH=$(abspath $(BENCH)) WVWASI_GW=$(abspath $(BUILD))/wvwasi-gw node --no-warnings bench/$$part.js $(if $(QUICK),--quick) $(if $(AGAIN),--again) \
			|| failed="$$failed $$part"; \
	done; WVWASI_BENCH=$(abspath $(BENCH)) node --no-warnings bench/targets.js; [ -z "$$failed" ] || { echo "make bench: not measured whole:$$failed" >&2; exit 1; }

# What being watched costs: against the same gateway with nobody watching, and with the hooks compiled out.
bench-watch: all $(BENCH)/echo $(BENCH)/calls.wasm
	@mkdir -p $(BUILD)/no-tap && cp -r $(BUILD)/static $(BUILD)/no-tap/ && touch $(CLIENT_ZIP:$(BUILD)/%=$(BUILD)/no-tap/%)/client-zip.js
	@$(MAKE) -s --no-print-directory BUILD=$(BUILD)/no-tap CFLAGS="-O2 -g -DWVWASI_NO_HOOKS" $(BUILD)/no-tap/wvwasi-gw
	@node --no-warnings bench/watch.js $(abspath $(BUILD))/wvwasi-gw $(abspath $(BUILD))/no-tap/wvwasi-gw
	@WVWASI_BENCH=$(abspath $(BENCH)) WVWASI_GW=$(abspath $(BUILD))/wvwasi-gw node --no-warnings bench/watch-page.js

# What --record costs: with and without it, in turns.
bench-recording: bench-programs all
	@WVWASI_BENCH=$(abspath $(BENCH)) WVWASI_GW=$(abspath $(BUILD))/wvwasi-gw node --no-warnings bench/recording.js

# What TLS costs against plain loopback, in one run.
bench-tls: all
	@node --no-warnings bench/tls.js

# What a WebSocket costs with the same library and settings, and nothing behind it.
$(BENCH)/echo: bench/echo.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -o $@ $< -lwebsockets

# A TCP server, and a relay to it from a WebSocket.
$(BENCH)/relay: bench/relay.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -o $@ $< -lcrypto

$(BENCH)/calls.wasm: bench/guest/calls.c tests/guests/calls.h
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -mexec-model=reactor -o $@ $<

.PHONY: bench-watch bench-recording bench bench-programs bench-tls

# The window beside MiniBrowser and Chromium: start, memory, one waiting call.
bench-webview: all guests
	@WVWASI_GW=$(abspath $(BUILD))/wvwasi-gw node --no-warnings bench/webview.js
.PHONY: bench-webview

# Programs of our own among the published ones.
$(BENCH)/bin/%.wasm: bench/guest/%.c tests/guests/calls.h
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -o $@ $<

# The same program as a component: bench/starts.js.
$(BENCH)/bin/sqlite3.component.wasm: $(BENCH)/bin/sqlite3.wasm tests/components/new.js $(BUILD)/jco$(JCO)/done
	node --no-warnings tests/components/new.js $(BUILD)/jco$(JCO) $< $@

# How waits and time grow with the number of files: docs/GROWTH.md. MOST=10000: not as far.
$(BENCH)/steady.wasm: bench/guest/steady.c tests/guests/calls.h
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -o $@ $<

$(BENCH)/growth.wasm: bench/guest/growth.c
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -o $@ $<

bench-growth: all $(BENCH)/growth.wasm
	@WVWASI_BENCH=$(abspath $(BENCH)) WVWASI_GW=$(abspath $(BUILD))/wvwasi-gw node --no-warnings bench/growth.js
.PHONY: bench-growth
