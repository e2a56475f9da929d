#!/usr/bin/env bash
# Builds every release of the Elixir shop and puts it on the cluster's node. Usage: images.sh, from the repository's root
set -euo pipefail
here=test/e2e/ecto cluster=test/cluster
"$cluster/images.sh" elixir postgres

context=$(mktemp -d); trap 'rm -rf "$context"' EXIT
cp -r "$here"/{Dockerfile,shop} "$context"

release() { # release TAG VERSION FOLDER...: with the migrations of these folders
  local tag=$1 version=$2; shift 2
  rm -rf "$context/repo"
  for each; do mkdir -p "$context/repo"; cp -r "$here/releases/$each/." "$context/repo"; done
  "$cluster/load.sh" "localhost/ecto-shop:$tag" "$context" --build-arg ELIXIR=localhost/elixir:1.14 --build-arg "VERSION=$version"
}
release 1 1 1
release 2 2 1 2
release 3-broken 3 1 2 3-broken
release 3 3 1 2 3
