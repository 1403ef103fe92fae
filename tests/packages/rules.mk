# make test-packages: builds Debian's packages, and installs them in roots that have nothing else. As root; FRESH=bookworm for Debian 12 alone.
test-packages: dist
	@./deps.sh fresh test-webview
	@node tests/packages/packages.js $(BUILD) $(or $(FRESH),bookworm trixie)

# make test-release: makes the release archive in a root of Debian 12, twice, and uses it in roots that have nothing else. As root.
test-release: dist
	@./deps.sh fresh test-browsers
	@node tests/packages/release.js $(BUILD) $(or $(FRESH),bookworm trixie sid noble resolute)

# make test-npm: the npm packages, by npx with Node 18 to 24 in a root that has nothing else. As root; needs npm's registry.
test-npm: npm
	@./deps.sh fresh test-browsers
	@node tests/packages/npm.js $(BUILD)

# make test-arm64: cross-compiled for arm64 in a root of Debian 12, and run there by qemu's user mode. As root.
test-arm64: dist
	@./deps.sh fresh test-browsers
	@node tests/packages/arm64.js $(BUILD)

.PHONY: test-packages test-release test-npm test-arm64
