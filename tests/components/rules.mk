# Programs of tests/guests as components of WASI 0.2 (those in ASYNC_NAMES are of 0.3, made of JavaScript): each is linked anew (realloc.c says why), then wrapped by jco. JCO=VERSION tries another one, without a pin.
COMPONENT_NAMES := files reported paths times listing descriptors polls bulk longjmp input ends prints readonly devices starts coherence exceptions
SCRIPT_NAMES := sockets
ASYNC_NAMES := tasks sockets3 files3 serves3
COMPONENTS := $(COMPONENT_NAMES:%=$(BUILD)/components/%.wasm) $(BUILD)/components/growth.wasm $(BUILD)/components/python.wasm $(BUILD)/components/words.wasm \
	$(BUILD)/components/requests.wasm $(BUILD)/components/requests3.wasm $(BUILD)/components/serves.wasm $(BUILD)/components/exits.wasm $(BUILD)/components/canon.wasm $(BUILD)/components/lifted.wasm $(BUILD)/components/stackful.wasm $(SCRIPT_NAMES:%=$(BUILD)/components/%.wasm) \
	$(ASYNC_NAMES:%=$(BUILD)/components/%.wasm) $(BUILD)/components/words-js.wasm $(BUILD)/components/words3.wasm
JCO_PACKAGES := jco jco-transpile preview2-shim preview3-shim
QJS_PACKAGES := componentize-qjs @andreiltd/componentize-qjs-binding-linux-$(if $(filter aarch64,$(shell uname -m)),arm64,x64)-gnu

$(BUILD)/jco$(JCO)/done: tests/components/archives.json fetch.sh
	@rm -rf $(@D) && mkdir -p $(@D)/archives
	@$(if $(JCO),cd $(@D)/archives && npm pack --silent @bytecodealliance/jco@$(JCO) $(JCO_PACKAGES:%=@bytecodealliance/%@latest) >/dev/null, \
		LOCK=tests/components/archives.json sh fetch.sh $(@D)/archives $(JCO_PACKAGES:%=@bytecodealliance/%) >/dev/null)
	@for package in $(JCO_PACKAGES); do to=$(@D)/node_modules/@bytecodealliance/$$package; mkdir -p $$to && \
		tar -xzf $$(ls $(@D)/archives/bytecodealliance-$$package-[0-9]*.tgz | tail -n 1) -C $$to --strip-components=1 || exit 1; done
	@touch $@

$(BUILD)/components/modules/%.wasm: tests/guests/%.c examples/component/realloc.c tests/guests/calls.h tests/guests/check.h
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) $(GUEST_FLAGS) -o $@ $(filter %.c,$^)

# Of C++, with realloc.c as C.
$(BUILD)/components/modules/exceptions.wasm: tests/guests/exceptions.cc examples/component/realloc.c tests/guests/calls.h
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -c -o $@.o examples/component/realloc.c
	$(WASI_CC) $(WASI_FLAGS) -std=c++17 -fwasm-exceptions -fno-rtti -o $@ $< $@.o

$(BUILD)/components/modules/longjmp.wasm: GUEST_FLAGS := -mexception-handling -mllvm -wasm-enable-sjlj
$(BUILD)/components/modules/longjmp.wasm: tests/guests/sjlj.c
WITH_WIT := requests requests3 exits
$(WITH_WIT:%=$(BUILD)/components/modules/%.wasm): $(BUILD)/components/modules/%.wasm: tests/components/%.c examples/component/realloc.c
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -o $@ $^
$(WITH_WIT:%=$(BUILD)/components/%.wasm): $(BUILD)/components/%.wasm: tests/components/%.wit tests/components/wit.js
$(BUILD)/components/modules/serves.wasm: tests/components/serves.c examples/component/realloc.c
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -mexec-model=reactor -o $@ $^
$(BUILD)/components/serves.wasm: tests/components/serves.wit tests/components/wit.js
$(BUILD)/components/modules/canon.wasm: tests/components/canon.c
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -nostdlib -Wl,--no-entry -o $@ $^
$(BUILD)/components/canon.wasm: tests/components/canon.wit tests/components/wit.js
LIFTED := lifted stackful
$(LIFTED:%=$(BUILD)/components/modules/%.wasm): tests/components/lifted.c
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) $(if $(findstring stackful,$@),-DSTACKFUL) -nostdlib -Wl,--no-entry -o $@ $^
$(LIFTED:%=$(BUILD)/components/%.wasm): $(BUILD)/components/%.wasm: tests/components/%.wit tests/components/wit.js

$(BUILD)/components/modules/growth.wasm: bench/guest/growth.c examples/component/realloc.c
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -o $@ $(filter %.c,$^)
$(BUILD)/components/modules/words.wasm: examples/component/words.c examples/component/realloc.c
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_FLAGS) -o $@ $^
$(BUILD)/components/modules/python.wasm: $(BUILD)/examples/python/python.wasm
	@mkdir -p $(@D)
	@cp $< $@

$(BUILD)/components/%.wasm: $(BUILD)/components/modules/%.wasm tests/components/new.js $(BUILD)/jco$(JCO)/done
	$(call says,component $@)
	$(Q)node --no-warnings tests/components/new.js $(BUILD)/jco$(JCO) $< $@

# Of JavaScript, by componentize-qjs, with the WIT that jco's package has.
$(BUILD)/qjs/done: tests/components/archives.json fetch.sh
	@rm -rf $(@D) && mkdir -p $(@D)/archives
	@LOCK=tests/components/archives.json sh fetch.sh $(@D)/archives $(QJS_PACKAGES) >/dev/null
	@for package in $(QJS_PACKAGES); do to=$(@D)/node_modules/$$package; mkdir -p $$to && \
		tar -xzf $(@D)/archives/$$(echo $$package | sed 's/^@//; s,/,-,')-[0-9]*.tgz -C $$to --strip-components=1 || exit 1; done
	@touch $@

# $(1): its name, $(2): its source, $(3): WASI's version, $(4): options
define script_rules
$$(BUILD)/components/$(1).wasm: $(2).js $(2).wit $$(BUILD)/qjs/done $$(BUILD)/jco$$(JCO)/done
	$$(call says,component $$@)
	$$(Q)rm -rf $$@.wit && mkdir -p $$@.wit/deps $$(@D) && cp $(2).wit $$@.wit && \
		cp -r $$(BUILD)/jco$$(JCO)/node_modules/@bytecodealliance/jco/lib/wit/builtin/$(3)/wasi-* $$@.wit/deps && \
		node $$(BUILD)/qjs/node_modules/componentize-qjs/cli.mjs $(4) --wit $$@.wit --js $(2).js -o $$@ >/dev/null && rm -r $$@.wit
endef
$(foreach name,$(SCRIPT_NAMES),$(eval $(call script_rules,$(name),tests/components/scripts/$(name),0.2.12,--sync)))
$(foreach name,$(ASYNC_NAMES),$(eval $(call script_rules,$(name),tests/components/scripts/$(name),0.3.0,)))
$(eval $(call script_rules,words-js,examples/component/javascript/words,0.2.12,--sync))
$(eval $(call script_rules,words3,examples/component/javascript/words3,0.3.0,))

components: $(COMPONENTS)
.PHONY: components
.PRECIOUS: $(BUILD)/components/modules/%.wasm
