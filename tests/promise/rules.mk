# make promise: that nobody sees what isn't done, at length, in hours: so many rounds of each kind in each engine and way to wait, or ROUNDS; SEED: the
# first. PROMISES="claims:1000" is one kind of it; ENGINES=chromium,firefox,webkit,webkit+shared and WAYS=jspi,shared,xhr are some.
PROMISES ?= seen:500 ended:200 power:100 sqlite:200 claims:1000 others:1 inspected:1 silent:1
$(BUILD)/promise/claims: tests/guests/claims.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Wno-unused-result -o $@ $<

$(BUILD)/promise/cut: tests/promise/cut.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -o $@ $<

guests: $(BUILD)/promise/claims $(BUILD)/promise/cut

promise: all guests examples
	@for each in $(PROMISES); do ROUNDS=$(or $(ROUNDS),$${each#*:}) SEED=$(or $(SEED),1) ENGINES=$(ENGINES) WAYS=$(WAYS) \
		node --no-warnings --test-reporter=./tests/reporter.js --test-reporter-destination=stdout tests/promise/$${each%:*}.test.js || failed=1; done; \
		[ -z "$$failed" ]

.PHONY: promise
