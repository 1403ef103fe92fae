# wvwasi-webview: the app in a window of its own. Built where WebKitGTK's package is; the gateway links nothing of it.
WEBVIEW_PACKAGE := webkit2gtk-4.1
WEBVIEW_O := $(patsubst %.c,$(BUILD)/%.o,$(wildcard webview/*.c))

ifeq ($(shell pkg-config --exists $(WEBVIEW_PACKAGE) 2>/dev/null && echo yes),yes)
all: $(BUILD)/wvwasi-webview
else
all: webview-left-out
webview-left-out:
	@echo 'wvwasi-webview is left out: pkg-config finds no $(WEBVIEW_PACKAGE) (apt-get install libwebkit2gtk-4.1-dev)'
endif

# Only the engine's own files see its headers.
$(foreach object,$(WEBVIEW_O),$(if $(findstring webkitgtk,$(object)),$(object))): BASE += $(shell pkg-config --cflags $(WEBVIEW_PACKAGE) | sed 's/-I/-isystem /g')

$(BUILD)/wvwasi-webview: $(WEBVIEW_O) $(BUILD)/server/base/browser.o $(BUILD)/server/keeper/control.o $(BUILD)/server/keeper/running.o $(BUILD)/server/keeper/state.o $(BUILD)/server/base/home.o $(BUILD)/server/base/digest.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(WEBVIEW_PACKAGE)) -lcjson -lmbedcrypto

.PHONY: webview-left-out
-include $(WEBVIEW_O:.o=.d)

# tests/unit/test_navigation.c
$(BUILD)/san/unit/test_navigation: $(BUILD)/san/webview/navigation.o
