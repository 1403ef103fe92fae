# The npm packages. `wvwasi-gw`: what bundlers take, whose files are those that the gateway serves, and the command. `@wvwasi/gw-linux-x64`: the
# gateway that the command starts, as `make release` made it; npm installs it on that platform alone.
NPM_PACKAGE := $(BUILD)/npm-package
$(NPM_PACKAGE)/package.json: $(wildcard packaging/npm/*) $(filter static/shim/%,$(STATIC)) docs/BUNDLERS.md LICENSE Makefile
	node packaging/npm/assemble.js $(NPM_PACKAGE) $(VERSION)

npm-package: $(NPM_PACKAGE)/package.json

# make npm: both, packed as npm publishes them. `publish` the second first.
NPM_GATEWAY := $(BUILD)/npm-linux-x64
npm: npm-package release
	node packaging/npm/assemble.js $(NPM_GATEWAY) $(VERSION) $(BINARY_RELEASE)
	@cd $(BUILD) && npm pack --silent $(abspath $(NPM_PACKAGE)) $(abspath $(NPM_GATEWAY))

.PHONY: npm-package npm
