#!/usr/bin/env bash
# Builds every version of the shop, and puts it on the cluster's node. Usage: images.sh, from the repository's root, after Ecto's
set -euo pipefail
here=test/e2e/phoenix cluster=test/cluster
context=$(mktemp -d); trap 'rm -rf "$context"' EXIT
cp "$here/Dockerfile" "$context"

version() { # version TAG FILE...: with these migrations
  local tag=$1; shift
  rm -rf "$context/migrations"; mkdir "$context/migrations"; cp "$@" "$context/migrations"
  "$cluster/load.sh" "localhost/phoenix-shop:$tag" "$context" --build-arg "RELEASE=localhost/ecto-shop:${tag%-*}"
}
version 1 "$here"/migrations/202601*
version 2 "$here"/migrations/20260[12]*
version 3-broken "$here"/migrations/20260[12]* "$here"/broken/*
version 3 "$here"/migrations/*
