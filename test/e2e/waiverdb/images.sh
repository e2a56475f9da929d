#!/usr/bin/env bash
# Builds every release of WaiverDB and puts it on the cluster's node. Usage: images.sh, from the repository's root; needs a cluster that is up.
set -euo pipefail
release=test/cluster/images/python/release.sh
test/cluster/images.sh python
"$release" waiverdb 1 1
"$release" waiverdb 2-broken 1 2 2-broken
"$release" waiverdb 2 1 2
"$release" waiverdb 3 1 2 3
