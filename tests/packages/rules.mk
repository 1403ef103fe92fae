# make test-packages: builds Debian's packages, and installs them in roots that have nothing else. As root; FRESH=bookworm for Debian 12 alone.
test-packages: dist
	@./deps.sh fresh
	@node tests/packages/packages.js $(BUILD) $(or $(FRESH),bookworm trixie)

# make test-release: makes the release archive in a root of Debian 12, twice, and uses it in roots that have nothing else. As root.
test-release: dist
	@./deps.sh fresh test-browsers
	@node tests/packages/release.js $(BUILD) $(or $(FRESH),bookworm trixie sid)

.PHONY: test-packages test-release
