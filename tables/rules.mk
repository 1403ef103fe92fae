# What is made from the tables of calls, errors and frames for the page and for readers, and from the page's table of interfaces for the server. The results are committed; tests/tables/current.test.js fails
# when one isn't current.
TABLES := tables/make_tables.c tables/tables.c tables/describe.c
$(BUILD)/make_tables: $(TABLES) tables/tables.h tables/api.def tables/values.def wasi/syscalls.def wasi/errnos.def wasi/syscalls.h wasi/abi.h server/wire/frames.def
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(BASE)) $(CFLAGS) -o $@ $(TABLES)

tables: $(BUILD)/make_tables
	for made in js:static/shim/base/syscalls.js inspector:static/inspector/tables.js api:docs/API.md json:docs/syscalls.json protocol:docs/PROTOCOL.md; do \
		$(BUILD)/make_tables $${made%%:*} > $${made#*:}.new && mv $${made#*:}.new $${made#*:} || exit 1; \
	done
	node tables/interfaces.js > server/wire/interfaces.def.new && mv server/wire/interfaces.def.new server/wire/interfaces.def

.PHONY: tables
