# make test-go: a program of Go's standard library. Beside `make test`, since Debian 12 has a Go for wasip1 (1.21 or newer) in bookworm-backports only and
# net/http takes a minute to compile: make test-go GO=/usr/lib/go-1.23/bin/go
GO ?= go

$(BUILD)/go/server.wasm: tests/go/server.go
	@mkdir -p $(@D)
	@$(GO) tool dist list 2>/dev/null | grep -qx wasip1/wasm || { echo "test-go: $(GO) can't compile for wasip1: install golang-1.23-go of bookworm-backports and give GO=/usr/lib/go-1.23/bin/go" >&2; exit 1; }
	GOOS=wasip1 GOARCH=wasm GOTOOLCHAIN=local $(GO) build -o $@ $<

test-go: all $(BUILD)/go/server.wasm
	node --test-reporter=./tests/reporter.js --test tests/go/go.test.js

.PHONY: test-go
