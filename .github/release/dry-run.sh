#!/usr/bin/env bash
# Makes everything that a release publishes, by the scripts that the release workflow calls, and installs it: the chart and the image from a
# registry on a Kubernetes, the npm package by npx. Prints a table of what it made. What needs GitHub is left out: signatures, provenance.
# Usage: make release-dry-run, or test/cluster/with.sh helm4 registry -- dry-run.sh FOLDER, which keeps the files in FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "${LOTSE_CLUSTER-}" != existing ] || { echo "release: error: the dry run needs a cluster that pulls from a registry on this machine; unset LOTSE_CLUSTER" >&2; exit 1; }
work=$(mktemp -d) archives=()
# shellcheck disable=SC2329  # the trap runs it
clean() {
  local each
  rm -rf "$work"
  for each in "${archives[@]}"; do rm -f "${each%-*.tar}"{-????????????????.tar,.tag,.log}; done
}
trap clean EXIT
folder=${1:-$work/release}

version=$(.github/release/check.sh "v$(node -p 'require("./package.json").version')")
echo "release: notes of $version, from CHANGELOG.md:"; .github/release/notes.sh "$version" | sed 's/^/  /'
PATH=$(dirname "$LOTSE_HELM4"):$PATH .github/release/package.sh "$folder"

arguments=(); while read -r each; do arguments+=(--build-arg "$each"); done < <(.github/release/image-arguments.sh "$version")
image() { # image ARCHITECTURE [FLAG...]: an archive of it, removed at the end
  local archive
  archive=$("${emulate[@]}" test/cluster/lotse.sh "localhost/lotse:release-$1" --build --platform "linux/$1" "${arguments[@]}" "${@:2}")
  archives+=("$archive")
}
emulate=(); image amd64
test/cluster/images.sh --build node-arm64
test/cluster/images.sh postgres   # the database that the chart migrates
# Docker and Buildah of today say themselves what the machine is; Debian 12's Buildah does not.
emulate=(test/cluster/emulate.sh); image arm64 --build-arg BASE=localhost/node:24-arm64 --build-arg BUILDPLATFORM=linux/amd64

export LOTSE_RELEASE=$folder LOTSE_RELEASE_IMAGES="${archives[*]}" LOTSE_RELEASE_TABLE=$work/table
: >"$LOTSE_RELEASE_TABLE"
vitest run --project release --reporter verbose
mapfile -t rows <"$LOTSE_RELEASE_TABLE"
# shellcheck disable=SC2068,SC2086  # three words a row
.github/release/table.sh "$folder" ${rows[@]}
