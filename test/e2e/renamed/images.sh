#!/usr/bin/env bash
# Builds application and migrator of each release, and puts them on the cluster's node. Usage: images.sh, from the repository's root, after the shop's
# A release is a folder in releases, added to those before it.
set -euo pipefail
here=test/e2e/renamed cluster=test/cluster
context=$(mktemp -d); trap 'rm -rf "$context"' EXIT
cp "$here"/{,migrator.}Dockerfile "$context"
esbuild "$here/app.ts" --bundle --platform=node --target=node24 --external:pg-native --log-level=warning --outfile="$context/app.js"
for release in 1 2 3; do
  mkdir "$context/migrations-$release"
  for each in $(seq "$release"); do cp "$here/releases/$each"/*.sql "$context/migrations-$release"; done
  "$cluster/load.sh" "localhost/renamed:$release" "$context" --build-arg "VERSION=$release"
  "$cluster/load.sh" "localhost/renamed-migrator:$release" "$context" -f "$context/migrator.Dockerfile" --build-arg "MIGRATIONS=migrations-$release"
done
