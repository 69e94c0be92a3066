# make prints what there is. Scripts in dev/ do the work that is not Go's; they install what is missing on Debian as root
# and say what to install elsewhere.

# A checkout in a container may belong to somebody else, and git then refuses to say which revision it is.
export GOFLAGS := $(filter-out -buildvcs=%,$(GOFLAGS)) -buildvcs=false

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The whole system is tested after everything else: it wants the machine for itself.
modules = $(shell go list -m -f '{{.Dir}}')
system  = $(CURDIR)/test/e2e
parts   = $(addsuffix /...,$(filter-out $(system),$(modules)))
scripts = $(shell grep -lE '^\#!.*(ba)?sh|shellcheck shell' .ci/* dev/* 2>/dev/null)

.PHONY: help
help: ## this text
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## the CLI as bin/clocker, each service as bin/<service>, the manual in bin/man
	dev/build
	@[ "$$(go env GOOS GOARCH)" != "$$(go env GOHOSTOS GOHOSTARCH)" ] || bin/clocker man bin/man/man1

.PHONY: demo clean-demo
demo: ## Clocker and an example application on this machine
	@dev/demo
clean-demo: ## take the demo away, leave what was there before
	@dev/clean-demo

.PHONY: up down purge backup restore
up: ## Clocker with a container for each service, by Compose
	@dev/up
down: ## stop what `up` started; what Clocker keeps stays, and applications run on
	@dev/down
backup: ## write what `up` keeps into FILE=clocker-backup.tar
	@dev/backup "$(FILE)"
restore: ## make it again what FILE=clocker-backup.tar holds, and start it
	@dev/restore "$(FILE)"
purge: ## stop it, and take away what it keeps and runs
	@dev/down --all

.PHONY: show-line show-system show-user
show-line: ## show that a blueprint becomes running containers, step by step
	dev/show line
show-system: ## show that the system in many processes keeps its promises
	dev/show system
show-user: ## show what a user touches on one machine: errors, command line, documentation, speed
	dev/show user

.PHONY: check check-format check-vet check-lint check-fences check-modules check-docs check-scripts
check: check-format check-vet check-lint check-fences check-modules check-docs check-scripts ## format, vet, lint, fences, modules, generated files, scripts
check-format:
	@files=$$(gofmt -l $(modules)); [ -z "$$files" ] || { echo "not formatted, run gofmt -w on:"; echo "$$files"; exit 1; }
check-vet:
	go vet work
check-lint: bin/tools/staticcheck
	bin/tools/staticcheck work
check-fences:
	go test -count=1 ./test/fences
check-modules:
	@result=0; for dir in $(modules); do \
	  echo "GOWORK=off go mod tidy -diff && go build ./... in $${dir#$(CURDIR)/}"; \
	  (cd $$dir && GOWORK=off go mod tidy -diff && GOWORK=off go build -o /dev/null ./...) || result=1; \
	done; (cd dev/tools && GOWORK=off go mod tidy -diff) || result=1; exit $$result
check-docs:
	go test -count=1 -run Fresh ./pkg/blueprint ./pkg/events/... ./pkg/bus/rights ./pkg/sensors ./services/api/internal/openapi
check-scripts:
	@for script in $(scripts); do bash -n $$script; done
	@! grep -nP '^\t|[ \t]+$$' $(scripts) || { echo "scripts are indented by two spaces, and lines end where their text ends"; exit 1; }
	@! command -v shellcheck >/dev/null || shellcheck -x -P SCRIPTDIR -S warning $(scripts)

# Built by its own module, so that its dependencies are none of ours.
bin/tools/staticcheck: dev/tools/go.mod dev/tools/go.sum
	cd dev/tools && GOWORK=off go build -o ../../$@ honnef.co/go/tools/cmd/staticcheck

.PHONY: test test-fast prepare
test: export GORACE = suppressions=$(CURDIR)/test/races.txt
# What a test reads outside its own module, such as the golden mistakes of blueprints, go's cache of results does not look at.
test: prepare ## every test, with the race detector: what continuous integration runs
	@result=0; \
	go test -race -count=1 -timeout 30m $(parts) || result=1; \
	go test -race -count=1 -timeout 60m $(system)/... || result=1; \
	exit $$result
test-fast: ## what needs no Engine, no browser and no root, without the race detector
	CLOCKER_TEST_ENGINE=none CLOCKER_TEST_ROOT=none CLOCKER_TEST_NODE=none CLOCKER_TEST_BROWSER=none CLOCKER_TEST_TERMINAL=none go test $(parts)
prepare:
	@dev/compiler
	@dev/engine
	@dev/postgres
	@dev/base-image
	@dev/node
	@dev/browser
	@dev/terminal

.PHONY: bench
bench: ## measures, all or NAME=events, line, line.one, line.fifty, idle; writes bench/results.json
	@dev/compiler
	@dev/postgres
	@[ "$(NAME)" = events ] || dev/engine
	@[ "$(NAME)" = events ] || dev/build clocker
	go run ./test/bench bench/results.json $(NAME)

.PHONY: tidy docs
tidy: ## go mod tidy in every module
	@for dir in $(modules) dev/tools; do (cd $$dir && GOWORK=off go mod tidy); done
docs: ## write the generated pages of docs/ and the golden files of new events again
	go generate $(parts)
	go test -count=1 ./pkg/events -run TestWire -update
	go test -count=1 ./cmd/clocker/internal/up -run TestMetricsPage -update
