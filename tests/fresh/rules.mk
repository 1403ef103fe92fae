# make test-fresh: the README's commands on a Debian 12 that has nothing else. As root; PARTS="unit static" for less.
test-fresh:
	@./deps.sh fresh
	@node tests/fresh/fresh.js $(BUILD) "$(PARTS)"

.PHONY: test-fresh
