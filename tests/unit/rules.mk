# make unit: the C rooms, each test program one tests/unit/test_FILE.c, under ASan and UBSan. Where wasi/FILE.c or nothing of that name
# in server/ exists, it links libwasi.a and libc alone; where server/FILE.c exists, the server without its main() as well.
SAN := $(BUILD)/san
SAN_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
UNIT_C := $(sort $(wildcard tests/unit/test_*.c))
UNIT := $(UNIT_C:tests/unit/%.c=$(SAN)/unit/%)
# of test_FILE.c, those whose FILE.c is somewhere in server/; of two rooms with such a file, test_ROOM_FILE.c says which
SERVER_FILES := $(notdir $(SERVER_C)) $(subst /,_,$(SERVER_C:server/%=%))
SERVER_UNIT := $(foreach t,$(UNIT_C),$(if $(filter $(patsubst tests/unit/test_%,%,$(t)),$(SERVER_FILES)),$(t:tests/unit/%.c=$(SAN)/unit/%)))
WASI_UNIT := $(filter-out $(SERVER_UNIT),$(UNIT))

$(SAN)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN_FLAGS) -c -o $@ $<

$(SAN)/libwasi.a: $(WASI_C:%.c=$(SAN)/%.o)
	@rm -f $@
	ar rcs $@ $^

# Every allocation of the library can be made to fail.
$(SAN)/unit/test_memory: UNIT_LDFLAGS := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
# What mbedTLS is given to read and write with is the test's.
$(SAN)/unit/test_tls_conn: UNIT_LDFLAGS := -Wl,--wrap=mbedtls_ssl_set_bio

$(WASI_UNIT): $(SAN)/unit/%: $(SAN)/tests/unit/%.o $(SAN)/libwasi.a
	@mkdir -p $(@D)
	$(CC) $(SAN_FLAGS) $(UNIT_LDFLAGS) -o $@ $^

$(SERVER_UNIT): $(SAN)/unit/%: $(SAN)/tests/unit/%.o $(patsubst %.c,$(SAN)/%.o,$(filter-out server/main.c,$(SERVER_C))) $(SAN)/libwasi.a $(BUILD)/embedded.o
	@mkdir -p $(@D)
	$(CC) $(SAN_FLAGS) $(UNIT_LDFLAGS) -o $@ $^ $(LIBS)

unit: $(UNIT)
	@sh tests/unit/run.sh $^

# Without the server: while its rooms don't compile, and for those who work on wasi/ alone.
unit-wasi: $(WASI_UNIT)
	@sh tests/unit/run.sh $^

.PHONY: unit unit-wasi
-include $(patsubst %.c,$(SAN)/%.d,$(WASI_C) $(SERVER_C) $(UNIT_C))
