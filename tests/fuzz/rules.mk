# make fuzz: libFuzzer with ASan and UBSan over everything that reads bytes from elsewhere. FUZZ_SECONDS each; FUZZ names some of them.
# Corpora live in $(BUILD)/fuzz/corpus, begun from the shared vectors and from tests/fuzz/corpus (inputs that once broke something).
FUZZ_CC ?= clang-19
FUZZ_SECONDS ?= 60
FUZZ_SAN := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_DIR := $(BUILD)/fuzz
FUZZ_ALL := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ ?= $(FUZZ_ALL)
FUZZ_PROGRAMS := $(FUZZ_ALL:%=$(FUZZ_DIR)/fuzz_%)

# What is fuzzed tells the fuzzer where it has been; what watches over it doesn't.
$(FUZZ_DIR)/tests/fuzz/%.o: tests/fuzz/%.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(BASE) $(FUZZ_SAN) -c -o $@ $<

$(FUZZ_DIR)/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(BASE) $(FUZZ_SAN) -fsanitize=fuzzer-no-link -c -o $@ $<

$(FUZZ_DIR)/libwasi.a: $(WASI_C:%.c=$(FUZZ_DIR)/%.o)
	@rm -f $@
	ar rcs $@ $^

FUZZ_TREE := $(FUZZ_DIR)/tests/fuzz/tree.o
FUZZ_REPAIR := $(FUZZ_DIR)/tests/fuzz/repair.o
fuzz_server = $(patsubst %,$(FUZZ_DIR)/server/%.o,$(1))

$(FUZZ_PROGRAMS): $(FUZZ_TREE)
$(FUZZ_DIR)/fuzz_calls $(FUZZ_DIR)/fuzz_hello: $(FUZZ_REPAIR) $(call fuzz_server,codec)
$(FUZZ_DIR)/fuzz_head: $(call fuzz_server,http/head enter/gatekeeper)
$(FUZZ_DIR)/fuzz_secrets: $(call fuzz_server,enter/secrets enter/digest)
$(FUZZ_DIR)/fuzz_config: $(call fuzz_server,config grants licenses http/embedded) $(BUILD)/embedded.o
$(FUZZ_DIR)/fuzz_secrets $(FUZZ_DIR)/fuzz_config: FUZZ_LIBS := -lmbedcrypto -lcjson

$(FUZZ_PROGRAMS): $(FUZZ_DIR)/fuzz_%: $(FUZZ_DIR)/tests/fuzz/fuzz_%.o $(FUZZ_DIR)/libwasi.a
	$(FUZZ_CC) $(FUZZ_SAN) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(filter %.a,$^) $(FUZZ_LIBS)

fuzz: $(FUZZ:%=$(FUZZ_DIR)/fuzz_%)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) node tests/fuzz/run.js $(FUZZ_DIR) $(FUZZ)

.PHONY: fuzz
-include $(FUZZ_PROGRAMS:$(FUZZ_DIR)/%=$(FUZZ_DIR)/tests/fuzz/%.d) $(patsubst %.c,$(FUZZ_DIR)/%.d,$(WASI_C) $(SERVER_C)) $(FUZZ_TREE:.o=.d) $(FUZZ_REPAIR:.o=.d)
