# wvwasi-gw. `make help` lists the targets.
CC ?= gcc
BUILD ?= build
VERSION := 0.1.0
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wno-unused-parameter
ifdef DEV
WARN += -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Werror
endif
BASE := -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DWVWASI_VERSION='"$(VERSION)"' -fno-strict-aliasing -fstack-protector-strong -MMD -MP $(WARN)
LIBS := -lwebsockets -luv -lcjson -lmbedcrypto -lseccomp -lpthread

WASI_C := $(wildcard wasi/*.c)
SERVER_C := $(wildcard server/*.c server/*/*.c)
WASI_O := $(WASI_C:%.c=$(BUILD)/%.o)
SERVER_O := $(SERVER_C:%.c=$(BUILD)/%.o)

all: $(BUILD)/wvwasi-gw

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -c -o $@ $<

$(BUILD)/libwasi.a: $(WASI_O)
	@rm -f $@
	ar rcs $@ $^

# Everything we serve is inside the executable.
STATIC := $(shell find static -type f -not -name '.*' | sort)
$(BUILD)/embedded.o: server/http/embed.sh $(STATIC)
	@mkdir -p $(@D)
	sh server/http/embed.sh $(BUILD) $(STATIC)
	$(CC) -c -o $@ $(BUILD)/embedded.S

$(BUILD)/wvwasi-gw: $(SERVER_O) $(BUILD)/libwasi.a $(BUILD)/embedded.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

clean:
	rm -rf $(BUILD)

.PHONY: all clean
-include tables/rules.mk
-include tests/rules.mk
-include tests/unit/rules.mk
-include $(WASI_O:.o=.d) $(SERVER_O:.o=.d)
