#!/usr/bin/env bash
# Builds two releases of WaiverDB and puts them on the cluster's node. Usage: images.sh, from the repository's root; needs a cluster that is up.
set -euo pipefail
here=test/e2e/waiverdb cluster=test/cluster
"$cluster/images.sh" python
packages=$("$cluster/images/python/packages.sh" "$here/requirements.txt")
for release in 0.10.0 1.4.0; do
  waiverdb=$("$cluster/images/python/packages.sh" "$here/releases/$release.txt")
  context=$(mktemp -d); trap 'rm -rf "$context"' EXIT
  cp "$here/Dockerfile" "$context"; cp -r "$packages" "$context/packages"; cp -r "$waiverdb" "$context/release"
  "$cluster/load.sh" "localhost/waiverdb:$release" "$context"
  rm -rf "$context"
done
