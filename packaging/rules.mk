# make deb: Debian's packages of this commit, for the Debian that builds them, into $(BUILD)/deb. The same commit gives the same bytes.
DEB := $(BUILD)/deb
deb: dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) sh packaging/deb.sh $(BUILD)/$(RELEASE).tar.gz $(DEB)
	@ls $(DEB)/*.deb

# make release: an archive that runs from wherever it is unpacked, on any Linux with the glibc of the Debian that makes it, or a newer one. The
# program is compiled apart, without paths in it and with Debian's hardening; the same commit on the same Debian gives the same bytes.
RELEASE_CFLAGS := -O2 -fstack-clash-protection -D_FORTIFY_SOURCE=2 $(if $(filter x86_64,$(shell uname -m)),-fcf-protection)
# The old kind of path, which the libraries' own libraries are looked for in, too.
RELOCATABLE := -Wl,--disable-new-dtags,-rpath,'$$ORIGIN/../lib/wvwasi-gw' -Wl,-z,relro,-z,now -l:libwebsockets-evlib_uv.so
$(BUILD)/relocatable: $(SERVER_O) $(BUILD)/libwasi.a $(BUILD)/embedded.o $(BUILD)/packaging/release/event_loop.o
	$(call says,link $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(RELOCATABLE) $(LIBS)

BINARY_RELEASE := $(BUILD)/$(RELEASE)-linux-x64.tar.gz
release:
	@[ "$$(uname -m)" = x86_64 ] || { echo 'make: releases are made for x86-64' >&2; exit 1; }
	@$(MAKE) --no-print-directory $(PARALLEL) BUILD=$(BUILD)/release ARCHIVES=$(ARCHIVES) CFLAGS='$(RELEASE_CFLAGS)' $(BUILD)/release/relocatable
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} sh packaging/release/archive.sh $(BUILD)/release/relocatable $(VERSION) $(BINARY_RELEASE)
	@echo $(BINARY_RELEASE)

.PHONY: deb release
-include $(BUILD)/packaging/release/event_loop.d
