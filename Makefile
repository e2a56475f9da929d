# Lotse's commands. Everything they need beyond Go, Node and Debian's apt they install themselves, below node_modules and the cache folder.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Node 24 is in there, too, where npm has one for this machine (test/platform/package.json).
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

INSTALLED := node_modules/.package-lock.json
HOOK := $(shell find hook -type f) package.json
# What puts the images of all stories on the cluster's node: the shop's, and those of each story that has an application of its own.
IMAGES := for each in test/fixtures/shop $(patsubst %/images.sh,%,$(wildcard test/e2e/*/images.sh)); do "$$each/images.sh"; done
# Stories run whatever became of those before them, which their failure does not hide. Those of Argo CD and Flux have to come after those of Helm.
STORIES = vitest run --project $(1) --maxWorkers $(2) --reporter verbose || failed=1
HELM_STORIES := $(call STORIES,"e2e-helm*",6)
GITOPS_STORIES := argocd=$$(test/cluster/argocd.sh); flux=$$(test/cluster/flux.sh); eval "$$argocd"; eval "$$flux"; $(call STORIES,e2e-gitops,6)
NODE_STORIES := $(call STORIES,"e2e-node-*",1)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

.PHONY: test
test: check test-unit test-chart test-integration test-stories ## everything below; what CI runs
	@echo "make test: everything passed"

.PHONY: check
check: $(INSTALLED) ## formatting, lint and types, of scripts, workflows and the chart, too
	biome check --error-on-warnings .
	tsc
	test/lint/lint.sh

.PHONY: test-unit
test-unit: $(INSTALLED) ## pure functions, architecture, documents
	vitest run --project unit

.PHONY: test-chart
test-chart: $(INSTALLED) ## the rendered chart, by helm-unittest and by Helm 3 and 4
	test/cluster/build.sh helm-unittest helm3 helm4
	"$$(test/cluster/build.sh --path helm-unittest)"/helm-unittest --strict -f 'test/chart/*_test.yaml' chart
	vitest run --project chart

.PHONY: test-integration
test-integration: dist/lotse.js ## the built hook against PostgreSQL 14 to 18 (LOTSE_TEST_POSTGRES=17 for one of them), PgBouncer, a Kubernetes API and other migration tools
	test/cluster/install.sh openssl pgbouncer; test/cluster/build.sh kubernetes; test/tools/install.sh
	vitest run --project "integration-*" --maxWorkers 6

.PHONY: test-stories
test-stories: dist/lotse.js ## the two below, in one cluster
	test/cluster/build.sh kubernetes helm3 helm4 registry argocd flux
	test/cluster/with.sh bash -euc 'failed=0; $(IMAGES); $(HELM_STORIES); $(GITOPS_STORIES); $(NODE_STORIES); exit $$failed'

.PHONY: test-e2e
test-e2e: dist/lotse.js ## stories on a real Kubernetes with Helm 3 and 4, side by side
	test/cluster/with.sh bash -euc 'failed=0; $(IMAGES); $(HELM_STORIES); $(NODE_STORIES); exit $$failed'

.PHONY: test-gitops
test-gitops: dist/lotse.js ## stories in which Argo CD and Flux roll out, on a real Kubernetes
	test/cluster/with.sh bash -euc 'failed=0; $(IMAGES); $(GITOPS_STORIES); exit $$failed'

.PHONY: bench
bench: dist/lotse.js ## Lotse beside other runners, in time and memory; tables, no verdict
	test/bench/install.sh
	node test/bench/bench.ts

.PHONY: bench-formats
bench-formats: dist/lotse.js ## nothing to migrate in 1,000 files, in the format of each tool whose folders are read
	go build -C test/bench/measure -mod=readonly -trimpath -ldflags '-s -w' -o dist/ .
	node test/bench/formats.ts

.PHONY: bench-check
bench-check: dist/lotse.js ## the check beside other linters on real statements, what it costs, and how long SELECTs wait with and without it
	go build -C test/bench/measure -mod=readonly -trimpath -ldflags '-s -w' -o dist/ .
	programs=$$(test/bench/check/install.sh); node test/bench/check.ts "$$programs"
	node test/bench/check-cost.ts
	node test/bench/check-wait.ts

.PHONY: bench-upgrade
bench-upgrade: dist/lotse.js ## an upgrade with nothing to migrate, beside one whose hook Job runs `true`
	test/cluster/with.sh helm4 -- bash -c 'test/fixtures/shop/images.sh && node test/bench/upgrade.ts'

.PHONY: bench-gate
bench-gate: dist/lotse.js ## fifty pods that start at once behind the gate: time until all are ready, and peak connections
	test/cluster/with.sh helm4 -- bash -c 'test/fixtures/shop/images.sh && node test/bench/gate.ts'

.PHONY: bench-estimates
bench-estimates: $(INSTALLED) ## how long the check says that a scan, an index build and a rewrite take, beside how long they take: 10 thousand, 1 and 5 million rows
	node test/bench/estimates.ts

.PHONY: bench-backfill
bench-backfill: dist/lotse.js ## a backfill beside one UPDATE of all rows, what an application and a replica notice of it, and its memory over 5 million rows; ratios
	node test/bench/backfill.ts

.PHONY: demo
demo: dist/lotse.js ## install, upgrade, failing upgrade, fixed upgrade and rollback, with a cluster of its own
	test/cluster/with.sh helm4 -- bash -c 'test/fixtures/shop/images.sh && node test/demo/demo.ts'

.PHONY: demo-picture
demo-picture: dist/lotse.js ## the demo, and test/demo/demo.svg drawn anew from its output
	$(MAKE) --no-print-directory demo | node test/demo/picture.ts

.PHONY: release-dry-run
release-dry-run: $(INSTALLED) ## what a release publishes, made and installed here; a table of it, with sizes and digests
	test/cluster/with.sh helm4 registry -- .github/release/dry-run.sh

.PHONY: cluster
cluster: ## bring the test cluster up and leave it up; its KUBECONFIG is printed
	test/cluster/install.sh; test/cluster/up.sh

.PHONY: cluster-down
cluster-down: ## take the test cluster down, leaving nothing
	test/cluster/down.sh

.PHONY: docs
docs: $(INSTALLED) ## chart/README.md from the comments of chart/values.yaml, and hook/check/README.md from the rules
	node chart/build/readme.ts
	node hook/build/rules-page.mjs

.PHONY: dist
dist: dist/lotse.js ## the bundle that the image and the npm package carry

dist/lotse.js: $(INSTALLED) $(HOOK)
	node hook/build/bundle.mjs

$(INSTALLED): package-lock.json
	npm ci --loglevel=error
	@node -e '+process.versions.node.split(".")[0] >= 24 || (console.error("Node " + process.version + " is too old, and npm has no newer one for this machine; install Node 24 or later"), process.exit(1))'
	touch $@
