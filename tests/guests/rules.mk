# Programs of ours for wasm32-wasip1, by Debian's clang and wasi-libc: each NAME.c or NAME.cc here is $(BUILD)/guests/NAME.wasm.
WASI_CC ?= clang-19
WASI_FLAGS := --target=wasm32-wasi -O2 -Wall -Wextra -Wno-unused-parameter -Wno-unused-result
GUEST_NAMES := files paths rights times listing descriptors polls process ends input server bulk faults readonly longjmp exceptions reactor records orders prints watched coherence starts ages devices serves locks acts claims sockets1 reported tally
GUESTS := $(GUEST_NAMES:%=$(BUILD)/guests/%.wasm)

$(BUILD)/guests/%.wasm: tests/guests/%.c tests/guests/calls.h tests/guests/check.h
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) $(GUEST_FLAGS) -o $@ $(filter %.c,$^)

$(BUILD)/guests/%.wasm: tests/guests/%.cc tests/guests/calls.h
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -std=c++17 -fwasm-exceptions -fno-rtti -o $@ $<

$(BUILD)/guests/longjmp.wasm: GUEST_FLAGS := -mexception-handling -mllvm -wasm-enable-sjlj
$(BUILD)/guests/longjmp.wasm: tests/guests/sjlj.c
$(BUILD)/guests/reactor.wasm: GUEST_FLAGS := -mexec-model=reactor

# What bench/growth.js measures is pinned too (tests/browsers/walks.test.js).
$(BUILD)/guests/growth.wasm: bench/guest/growth.c
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -o $@ $<

# The same natively and with guest/'s sockets.
$(BUILD)/guests/network.wasm $(BUILD)/guests/http.wasm $(BUILD)/guests/sends.wasm: $(BUILD)/guests/%.wasm: tests/guests/%.c guest/sockets.c guest/names.c $(wildcard guest/include/*.h guest/include/sys/*.h)
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -Iguest/include -o $@ $(filter %.c,$^)

$(BUILD)/guests/network $(BUILD)/guests/http $(BUILD)/guests/sends: $(BUILD)/guests/%: tests/guests/%.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -o $@ $<

guests: $(GUESTS) $(BUILD)/guests/growth.wasm $(addprefix $(BUILD)/guests/,network.wasm network http.wasm http sends.wasm sends)
.PHONY: guests

# hiredis and its own tests, from Debian's source package as they are, for wasm32-wasi and natively (tests/browsers/redis.test.js). One of its functions
# has another parameter's type than the pointer that it is assigned to: clang 16 and later call that an error by default.
HIREDIS_C := test.c hiredis.c net.c read.c sds.c alloc.c
$(BUILD)/sources/hiredis: tests/debian-source.sh
	@mkdir -p $(@D)
	sh tests/debian-source.sh $(@D) hiredis
	@ln -sfn $$(basename $(@D)/hiredis-*/) $@ && touch $@

$(BUILD)/guests/hiredis.wasm: $(BUILD)/sources/hiredis guest/sockets.c guest/names.c $(wildcard guest/include/*.h guest/include/sys/*.h)
	@mkdir -p $(@D)
	$(WASI_CC) --target=wasm32-wasi -O2 -w -Wno-error=incompatible-function-pointer-types -D_WASI_EMULATED_SIGNAL -Iguest/include -o $@ \
		$(HIREDIS_C:%=$(BUILD)/sources/hiredis/%) guest/sockets.c guest/names.c -lwasi-emulated-signal

$(BUILD)/guests/hiredis: $(BUILD)/sources/hiredis
	@mkdir -p $(@D)
	$(CC) -O2 -w -o $@ $(HIREDIS_C:%=$(BUILD)/sources/hiredis/%)
