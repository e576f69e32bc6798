# The commands of this project. `make test` is all that a change has to pass
# before it is sent; it installs nothing outside this folder.

GO ?= go
STATICCHECK_VERSION = v0.8.2
BIN = $(CURDIR)/.tools

.PHONY: all test race lint fuzz bench

all: lint test

# Tests of servers that are not installed are skipped with a line that says what
# to install; with CI=true they fail.
test:
	$(GO) test ./...
	cd benchmarks && $(GO) test ./...

race:
	$(GO) test -race ./...

lint: $(BIN)/staticcheck
	@test -z "$$(gofmt -l .)" || { echo "gofmt these files:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(BIN)/staticcheck ./...
	cd benchmarks && $(GO) vet ./... && $(BIN)/staticcheck ./...

$(BIN)/staticcheck:
	GOBIN=$(BIN) $(GO) install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)

# Each fuzz target for a while: make fuzz FUZZTIME=1m
FUZZTIME ?= 10s
fuzz:
	@set -e; for dir in $$($(GO) list -f '{{.Dir}}' ./...); do \
		for target in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go 2>/dev/null | cut -c6-); do \
			echo "$$target in $$dir"; \
			(cd $$dir && $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) .); \
		done; \
	done

bench:
	cd benchmarks && $(GO) test -run '^$$' -bench . -count 6
