# make promise: that nobody sees what isn't done, at length: ROUNDS of each kind, SEED the first. HOURS of it with a large number.
$(BUILD)/promise/claims: tests/guests/claims.c
	@mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Wno-unused-result -o $@ $<

guests: $(BUILD)/promise/claims

promise: all guests examples
	@for file in tests/promise/*.test.js; do ROUNDS=$(or $(ROUNDS),500) SEED=$(or $(SEED),1) \
		node --no-warnings --test-reporter=./tests/reporter.js --test-reporter-destination=stdout $$file || failed=1; done; [ -z "$$failed" ]

.PHONY: promise
