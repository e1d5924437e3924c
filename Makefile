# Two commands do everything: `make demo` and `make test`. Each sets up what it needs, once.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Node 24 LTS runs the TypeScript as it is. An older Node only serves to bring it from npm.
NODE_MAJOR := $(shell node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
ifeq ($(shell [ "$(NODE_MAJOR)" -ge 24 ] && echo new),)
NODE_STAMP := .tools/node_modules/.bin/node
export PATH := $(CURDIR)/.tools/node_modules/.bin:$(PATH)
endif
NAME ?= demo

.PHONY: help
help: ## What there is to do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: prerequisites
prerequisites:
	@infra/prerequisites.sh

.tools/node_modules/.bin/node:
	@echo 'bringing Node 24 from npm (the system has Node $(NODE_MAJOR)) ...' >&2
	npm install --silent --no-audit --no-fund --prefix .tools node@24

node_modules/.installed: package.json package-lock.json $(NODE_STAMP)
	@echo 'installing packages ...' >&2
	npm ci --silent --no-audit --no-fund
	touch $@

.PHONY: setup
setup: prerequisites node_modules/.installed ## Node, packages: all that the other targets need

.PHONY: demo
demo: setup ## Shoppers, the whole stack, live progress. ORDERS=40 ONCE=1 for a finite run, UNTIDY=1 for a shop as it is, MERCHANT=0.5 for one that ships, refunds and voids, ABROAD=0.5 for a second store in euros, FLOWS=all for payouts, billing and the rest
	@exec node infra/demo/main.ts

.PHONY: test
test: setup ## Lint, unit, topology, conformance, integration, runbooks and a few faults on the real stack
	@exec node test/run.ts

.PHONY: test-faults
test-faults: setup ## Faults on the real stack for 24 minutes. FAULTS='--only kill-kafka --seed x', FAULTS=--list
	@exec node test/faults/main.ts $(FAULTS)

.PHONY: bench
bench: setup ## Our engine against Kafka Streams on the same records. QUICK=1 for five minutes
	@exec node bench/main.ts

.PHONY: simulate
simulate: setup ## Random schedules of faults under one seeded scheduler. FOR=600 (seconds)
	@exec node test/simulation/main.ts --seconds $(or $(FOR),600)

.PHONY: lint
lint: setup ## Types, typed lint, format, generated code
	@node schemas/generate.ts --check
	npx tsc --noEmit
	npx eslint . --max-warnings 0
	npx prettier --check --log-level warn .

.PHONY: format
format: setup ## Formats the code
	@npx prettier --write --log-level warn .

.PHONY: generate
generate: setup ## TypeScript types from schemas/*.avsc
	@node schemas/generate.ts

.PHONY: up
up: setup ## The stack and the services, without shoppers. NAME=demo
	@exec node infra/local/cli.ts up --name $(NAME)

.PHONY: down
down: setup ## Stops what `up` started
	@node infra/local/cli.ts down --name $(NAME)

.PHONY: clean
clean: ## Removes all state: data of every run, caches, installed packages
	@if [ -d .state ] && [ -d node_modules ]; then \
	  for name in .state/*/; do node infra/local/cli.ts down --name "$$(basename "$$name")" >/dev/null 2>&1 || true; done; \
	fi
	rm -rf .state .cache coverage node_modules .tools
