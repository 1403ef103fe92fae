# wvwasi-gw. `make help` lists the targets.
CC ?= gcc
BUILD ?= build
VERSION := 0.1.0
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wno-unused-parameter
ifdef DEV
WARN += -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Werror
endif
BASE := -I. -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DWVWASI_VERSION='"$(VERSION)"' -fno-strict-aliasing -fstack-protector-strong -MMD -MP $(WARN)
LIBS := -lwebsockets -luv -lcjson -lmbedtls -lmbedx509 -lmbedcrypto -lqrencode -lseccomp -lpthread

# What recipes give to a make of their own: all cores, unless the caller said how many.
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

WASI_C := $(wildcard wasi/*.c)
SERVER_C := $(wildcard server/*.c server/*/*.c certs/*.c)
WASI_O := $(WASI_C:%.c=$(BUILD)/%.o)
SERVER_O := $(SERVER_C:%.c=$(BUILD)/%.o)

all: $(BUILD)/wvwasi-gw

# Asked once, before anything is compiled.
$(BUILD)/checked:
	@mkdir -p $(@D)
	@printf '#include <%s>\n' libwebsockets.h uv.h cjson/cJSON.h mbedtls/ssl.h qrencode.h seccomp.h | $(CC) -fsyntax-only -x c - || \
		{ echo "make: a compiler or a library's headers are missing. On Debian: sudo apt-get install $$(./deps.sh names build)" >&2; exit 1; }
	@touch $@

$(BUILD)/%.o: %.c | $(BUILD)/checked
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -c -o $@ $<

$(BUILD)/libwasi.a: $(WASI_O)
	@rm -f $@
	ar rcs $@ $^

# Everything we serve is inside the executable: what is in static/, and xterm.js, which comes from npm, pinned by package-lock.json.
STATIC := $(shell find static -type f -not -name '.*' | sort)
XTERM := $(BUILD)/static/terminal/xterm
$(XTERM)/xterm.mjs: package-lock.json vendor.sh
	@./deps.sh build
	sh vendor.sh $(XTERM)
	@touch $@

$(BUILD)/embedded.o: server/http/embed.sh $(STATIC) $(XTERM)/xterm.mjs
	@mkdir -p $(@D)
	sh server/http/embed.sh $(BUILD) $(STATIC) $(XTERM)/*
	$(CC) -c -o $@ $(BUILD)/embedded.S

$(BUILD)/wvwasi-gw: $(SERVER_O) $(BUILD)/libwasi.a $(BUILD)/embedded.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# ---- using it ----

DIR ?= $(BUILD)/playground
run:
	@./deps.sh run
	@$(MAKE) -s --no-print-directory $(PARALLEL) $(BUILD)/wvwasi-gw $(BUILD)/examples/python/python.wasm playground
	@exec $(BUILD)/wvwasi-gw --dir "$(patsubst ~/%,$(HOME)/%,$(DIR))::/work" -- $(BUILD)/examples/python/python.wasm

run-examples:
	@./deps.sh run examples
	@$(MAKE) -s --no-print-directory $(PARALLEL) $(BUILD)/wvwasi-gw examples
	@exec $(BUILD)/wvwasi-gw --root $(BUILD)/examples --dir "$(patsubst ~/%,$(HOME)/%,$(DIR))::/work" --tcplisten 127.0.0.1:0

PREFIX ?= /usr/local
# The page is made from the table of options, as --help is.
$(BUILD)/wvwasi-gw.1: $(BUILD)/wvwasi-gw
	$(BUILD)/wvwasi-gw --man > $@.new && mv $@.new $@

install: $(BUILD)/wvwasi-gw $(BUILD)/wvwasi-gw.1
	install -D -m 755 $(BUILD)/wvwasi-gw $(DESTDIR)$(PREFIX)/bin/wvwasi-gw
	install -D -m 644 $(BUILD)/wvwasi-gw.1 $(DESTDIR)$(PREFIX)/share/man/man1/wvwasi-gw.1
	install -D -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/wvwasi-gw/LICENSE

# A release: the tree as committed, and what is embedded from npm, so that it builds without a network. The same commit gives the same bytes.
RELEASE := wvwasi-gw-$(VERSION)
dist:
	@./deps.sh build
	rm -rf $(BUILD)/$(RELEASE) && mkdir -p $(BUILD)/$(RELEASE)
	git archive HEAD | tar -x -C $(BUILD)/$(RELEASE)
	sh vendor.sh $(abspath $(BUILD))/$(RELEASE)/vendor/xterm
	tar -C $(BUILD) --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$$(git log -1 --format=%ct) -c $(RELEASE) | gzip -9n > $(BUILD)/$(RELEASE).tar.gz
	@rm -rf $(BUILD)/$(RELEASE)
	@echo $(BUILD)/$(RELEASE).tar.gz

map:
	@node map.js

help:
	@cat targets.txt

clean:
	rm -rf $(BUILD)

.PHONY: all run run-examples install dist map help clean
-include tables/rules.mk
-include tests/rules.mk
-include webview/rules.mk
-include examples/rules.mk
-include tests/unit/rules.mk
-include bench/rules.mk
-include $(WASI_O:.o=.d) $(SERVER_O:.o=.d)
