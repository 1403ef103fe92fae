# make test-fresh: the README's commands on a Debian that has nothing else. As root; PARTS="unit static" for fewer tests, PARTS=none for none;
# FRESH=trixie for Debian 13.
test-fresh:
	@./deps.sh fresh
	@node tests/fresh/fresh.js $(BUILD) "$(PARTS)" $(or $(FRESH),bookworm)

.PHONY: test-fresh
