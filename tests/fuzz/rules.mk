# make fuzz: libFuzzer with ASan and UBSan over everything that reads bytes from elsewhere. FUZZ_SECONDS each; FUZZ names some of them.
# Corpora live in $(BUILD)/fuzz/corpus, begun from the shared vectors and from tests/fuzz/corpus (inputs that once broke something).
FUZZ_CC ?= clang-19
FUZZ_SECONDS ?= 60
FUZZ_SAN := -Wno-missing-field-initializers -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
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

$(FUZZ_DIR)/libserver.a: $(patsubst %.c,$(FUZZ_DIR)/%.o,$(filter-out server/main.c,$(SERVER_C)))
	@rm -f $@
	ar rcs $@ $^

FUZZ_FIXTURE := $(patsubst %,$(FUZZ_DIR)/tests/fuzz/%.o,tree repair)

# A fuzzer takes from the server what it names; what it answers itself (a connection, the terminal) it defines, and its definition comes first.
$(FUZZ_PROGRAMS): $(FUZZ_DIR)/fuzz_%: $(FUZZ_DIR)/tests/fuzz/fuzz_%.o $(FUZZ_FIXTURE) $(FUZZ_DIR)/libserver.a $(FUZZ_DIR)/libwasi.a $(BUILD)/embedded.o
	$(FUZZ_CC) $(FUZZ_SAN) -fsanitize=fuzzer -Wl,-z,muldefs $(FUZZ_LINK) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)

# Its connections and its time are the fuzzer's own.
FUZZ_PAGE := $(patsubst %,$(FUZZ_DIR)/tests/fuzz/%.o,page turns batches rest outside onlooker)
$(FUZZ_DIR)/fuzz_dispatch: $(FUZZ_PAGE)
$(FUZZ_DIR)/fuzz_dispatch: FUZZ_LINK := -Wl,--wrap=host_clock_ns
$(FUZZ_DIR)/fuzz_keeping: $(FUZZ_DIR)/tests/fuzz/turns.o
$(FUZZ_DIR)/fuzz_keeping: FUZZ_LINK := -Wl,--wrap=host_clock_ns

# Built alone: a change of a signature is told in a minute.
fuzzers: $(FUZZ_PROGRAMS)

fuzz: $(FUZZ:%=$(FUZZ_DIR)/fuzz_%)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) node tests/fuzz/run.js $(FUZZ_DIR) $(FUZZ)

.PHONY: fuzz fuzzers
-include $(FUZZ_PROGRAMS:$(FUZZ_DIR)/%=$(FUZZ_DIR)/tests/fuzz/%.d) $(patsubst %.c,$(FUZZ_DIR)/%.d,$(WASI_C) $(SERVER_C)) $(FUZZ_FIXTURE:.o=.d) $(FUZZ_PAGE:.o=.d)
