#!/usr/bin/env bash
# Builds backend and migrator of each version, and puts them on the cluster's node. Usage: images.sh, from the repository's root, after the shop's
set -euo pipefail
here=test/e2e/ufc-332 cluster=test/cluster
context=$(mktemp -d); trap 'rm -rf "$context"' EXIT
cp "$here"/{,migrator.}Dockerfile "$context"
esbuild "$here/backend.ts" --bundle --platform=node --target=node24 --external:pg-native --log-level=warning --outfile="$context/backend.js"
mkdir "$context"/migrations-{1,2,3,3-broken}
cp "$here"/migrations/001* "$context/migrations-1"
cp "$here"/migrations/00[12]* "$context/migrations-2"
cp "$here"/migrations/00[123]* "$context/migrations-3"
cp "$here"/migrations/00[12]* "$here"/broken/* "$context/migrations-3-broken"
for version in 1 2 3; do "$cluster/load.sh" "localhost/ufc-backend:$version" "$context" --build-arg "VERSION=$version"; done
for version in 1 2 3 3-broken; do
  "$cluster/load.sh" "localhost/ufc-migrator:$version" "$context" -f "$context/migrator.Dockerfile" --build-arg "MIGRATIONS=migrations-$version"
done
