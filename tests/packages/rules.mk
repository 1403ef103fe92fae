# make test-packages: builds Debian's packages, and installs them in roots that have nothing else. As root; FRESH=bookworm for Debian 12 alone.
test-packages: dist
	@./deps.sh fresh
	@node tests/packages/packages.js $(BUILD) $(or $(FRESH),bookworm trixie)

.PHONY: test-packages
