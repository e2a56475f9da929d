#!/usr/bin/env bash
# Builds every release of PieFed and Redis, and puts them on the cluster's node. Usage: images.sh, from the repository's root; needs a cluster that is up.
set -euo pipefail
release=test/cluster/images/python/release.sh
test/cluster/images.sh python redis
"$release" piefed 1 1
"$release" piefed 2-broken 1 2 2-broken
"$release" piefed 2 1 2
