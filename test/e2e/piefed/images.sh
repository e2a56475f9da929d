#!/usr/bin/env bash
# Builds every release of PieFed and Redis, and puts them on the cluster's node. Usage: images.sh, from the repository's root; needs a cluster that is up.
set -euo pipefail
here=test/e2e/piefed cluster=test/cluster
"$cluster/images.sh" python redis
packages=$("$cluster/images/python/packages.sh" "$here/requirements.txt")

# A release is what came before it and what it changed: a folder that is laid over the others.
context=$(mktemp -d); trap 'rm -rf "$context"' EXIT
release() { # release NAME FOLDER...
  mkdir -p "$context/$1"
  cp "$here/Dockerfile" "$context/$1"; cp -r "$here/app" "$context/$1"; cp -rl "$packages" "$context/$1/packages"
  for folder in "${@:2}"; do cp -r "$here/releases/$folder/." "$context/$1/app"; done
  "$cluster/load.sh" "localhost/piefed:$1" "$context/$1" --build-arg "VERSION=$1"
}
release 1 1
release 2-broken 1 2 2-broken
release 2 1 2
