#!/usr/bin/env bash
# Pushes archives of one image, one for each architecture, to a registry without TLS as one image, and prints its digest there.
# Usage: push.sh REGISTRY/NAME:TAG ARCHIVE...; the archives are those of load.sh --build
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
[ $# -ge 2 ] || die "say what to push: push.sh REGISTRY/NAME:TAG ARCHIVE..."
address=$1; shift
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
buildah=(buildah --storage-driver vfs --root "$work/root" --runroot "$work/run")   # of its own: nothing of it is kept
"${buildah[@]}" manifest create "$address" >/dev/null
for archive; do "${buildah[@]}" manifest add "$address" "docker-archive:$archive" >/dev/null; done
"${buildah[@]}" manifest push --all --tls-verify=false --digestfile "$work/digest" "$address" "docker://$address" >"$work/log" 2>&1 ||
  { cat "$work/log" >&2; die "the image was not pushed to $address, see above"; }
cat "$work/digest"
