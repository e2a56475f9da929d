#!/usr/bin/env bash
# Builds two releases of Unleash and puts them on the cluster's node. Usage: images.sh, from the repository's root; needs a cluster that is up.
set -euo pipefail
here=test/e2e/unleash cluster=test/cluster
"$cluster/images.sh" node
for release in 7.6.5 8.2.0; do
  packages=$("$cluster/images/node/packages.sh" "$here/releases/$release")
  context=$(mktemp -d); trap 'rm -rf "$context"' EXIT
  cp "$here/Dockerfile" "$context"; cp "$packages" "$context/packages.tar"
  "$cluster/load.sh" "localhost/unleash:$release" "$context"
  rm -rf "$context"
done
