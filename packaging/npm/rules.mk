# The npm package's page side: what bundlers take. Its files are those that the gateway serves.
NPM_PACKAGE := $(BUILD)/npm-package
$(NPM_PACKAGE)/package.json: $(wildcard packaging/npm/*) $(filter static/shim/%,$(STATIC)) docs/BUNDLERS.md LICENSE Makefile
	node packaging/npm/assemble.js $(NPM_PACKAGE) $(VERSION)

npm-package: $(NPM_PACKAGE)/package.json

.PHONY: npm-package
