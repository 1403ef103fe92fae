# What is made from wasi/syscalls.def for the page and for readers. The results are committed; tests/static/tables.test.js sees that
# they are current.
$(BUILD)/make_tables: tables/make_tables.c tables/api.def wasi/syscalls.def wasi/syscalls.h
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -o $@ $<

tables: $(BUILD)/make_tables
	$(BUILD)/make_tables js > static/shim/syscalls.js.new && mv static/shim/syscalls.js.new static/shim/syscalls.js
	$(BUILD)/make_tables api > docs/API.md.new && mv docs/API.md.new docs/API.md

.PHONY: tables
