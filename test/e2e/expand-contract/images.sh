#!/usr/bin/env bash
# Builds every release of the application and puts it on the cluster's node. Usage: images.sh, from the repository's root; needs a cluster that is up.
set -euo pipefail
release=test/cluster/images/python/release.sh
test/cluster/images.sh python
"$release" expand-contract 1 1
"$release" expand-contract 2-broken 1 2 2-broken
"$release" expand-contract 2 1 2
"$release" expand-contract 3 1 2 3
