# What tests/gateway/lockin.test.js runs: the gateway's own lock-in in a small program, and kernels that lack something.
$(BUILD)/lockin_probe: $(BUILD)/tests/gateway/lockin_probe.o $(BUILD)/server/base/lockin.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lseccomp -lpthread

$(BUILD)/lockin_without: $(BUILD)/tests/gateway/lockin_without.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lseccomp

lockin-tests: $(BUILD)/lockin_probe $(BUILD)/lockin_without

# Hostile pages at random, for two minutes; WVWASI_SEED picks others.
hostile: all
	WVWASI_HOSTILE_SECONDS=120 WVWASI_TEST_FIGURES=1 node --test-reporter=./tests/reporter.js --test tests/gateway/hostile-walk.test.js

# Web servers in a page, each loaded for 30 seconds.
loaded: all guests examples components
	WVWASI_LOAD_SECONDS=30 WVWASI_TEST_FIGURES=1 node --test-reporter=./tests/reporter.js --test tests/browsers/http-servers.test.js \
		tests/browsers/component-serving.test.js

.PHONY: lockin-tests hostile loaded
-include $(BUILD)/tests/gateway/lockin_probe.d $(BUILD)/tests/gateway/lockin_without.d
