# make unit: the C rooms, each test program one tests/unit/test_FILE.c, under ASan and UBSan. It links the room of FILE.c and the rooms below that
# one, so a room that needs one above it doesn't link. Where no room below has such a file, it links libwasi.a and libc alone. Where two rooms
# have one, the test is test_ROOM_FILE.c.
SAN := $(BUILD)/san
SAN_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
UNIT_C := $(sort $(wildcard tests/unit/test_*.c))
UNIT := $(UNIT_C:tests/unit/%.c=$(SAN)/unit/%)
# Lowest first, as in map.js.
ROOMS := server/base server/dialer certs server/wire server/auth server/network server/program server/debugger server/tls server/http server/doors server/keeper
ROOMS_C := $(foreach room,$(ROOMS),$(wildcard $(room)/*.c))
# $(call files_of,test_FILE): FILE.c, wherever it lies.
files_of = $(strip $(foreach c,$(ROOMS_C),$(if $(filter $1.c,test_$(notdir $c) test_$(subst /,_,$(c:server/%=%))),$c)))
# $(call rooms_to,ROOM,ROOMS): those of them up to ROOM.
rooms_to = $(if $2,$(firstword $2) $(if $(filter $1,$(firstword $2)),,$(call rooms_to,$1,$(wordlist 2,$(words $2),$2))))
SERVER_UNIT := $(foreach t,$(UNIT),$(if $(call files_of,$(notdir $t)),$t))
WASI_UNIT := $(filter-out $(SERVER_UNIT),$(UNIT))

$(SAN)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN_FLAGS) -c -o $@ $<

$(SAN)/libwasi.a: $(WASI_C:%.c=$(SAN)/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

# Every allocation of the library can be made to fail.
$(SAN)/unit/test_memory: UNIT_LDFLAGS := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
# Somebody else may do something between what is said of a call and the call.
$(SAN)/unit/test_own_names: UNIT_LDFLAGS := -Wl,--wrap=leases_own_begin
# What mbedTLS is given to read and write with is the test's.
$(SAN)/unit/test_tls_conn: UNIT_LDFLAGS := -Wl,--wrap=mbedtls_ssl_set_bio
# How many TLS clients there are is the test's to say.
$(SAN)/unit/test_dialer: UNIT_LDFLAGS := -Wl,--wrap=tls_client_count

$(WASI_UNIT): $(SAN)/unit/%: $(SAN)/tests/unit/%.o $(SAN)/libwasi.a
	@mkdir -p $(@D)
	$(CC) $(SAN_FLAGS) $(UNIT_LDFLAGS) -o $@ $^

# What is embedded is http's.
define links
$1: $(foreach room,$(call rooms_to,$2,$(ROOMS)),$(patsubst %.c,$(SAN)/%.o,$(wildcard $(room)/*.c))) $(if $(filter server/http,$(call rooms_to,$2,$(ROOMS))),$(BUILD)/embedded.o)
endef
$(foreach t,$(SERVER_UNIT),$(eval $(call links,$t,$(patsubst %/,%,$(dir $(firstword $(call files_of,$(notdir $t))))))))

$(SERVER_UNIT): $(SAN)/unit/%: $(SAN)/tests/unit/%.o $(SAN)/libwasi.a
	@mkdir -p $(@D)
	$(CC) $(SAN_FLAGS) $(UNIT_LDFLAGS) -o $@ $(filter %.o,$^) $(SAN)/libwasi.a $(LIBS)

unit: $(UNIT)
	@EMULATOR="$(EMULATOR)" sh tests/unit/run.sh $^

# Without the server: while its rooms don't compile, and for those who work on wasi/ alone.
unit-wasi: $(WASI_UNIT)
	@EMULATOR="$(EMULATOR)" sh tests/unit/run.sh $^

.PHONY: unit unit-wasi
-include $(patsubst %.c,$(SAN)/%.d,$(WASI_C) $(SERVER_C) $(UNIT_C))
