#!/usr/bin/env bash
# Builds the repository's Dockerfile as `docker build .` does, on base images made here, with npm set up as on this machine.
# Usage: lotse.sh TAG [load.sh's --build] [buildah build flags]
# npm's settings and certificates go into the build as secrets, of which nothing stays in the image: test/e2e/image shows it.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
[ $# -ge 1 ] || die "say what to call the image: lotse.sh TAG [--build] [buildah build flags]"
tag=$1; shift
build=(); if [ "${1-}" = --build ]; then build=(--build); shift; fi

secrets=$(mktemp -d); trap 'rm -rf "$secrets"' EXIT
cd "$HERE/../.."   # where npm reads this project's settings
settings=$(npm config list --json)
setting() { node -p "JSON.parse(process.argv[1])['$1'] ?? ''" "$settings"; }
{
  echo '; lotse-secret: npm settings of the machine that built the image'
  cat "$(setting globalconfig)" "$(setting userconfig)" 2>/dev/null || true
  node -e "for (const name of ['registry', 'proxy', 'https-proxy', 'noproxy', 'strict-ssl']) {
    const value = JSON.parse(process.argv[1])[name]
    if (value != null && value !== '') console.log('\n' + name + '=' + value)
  }" "$settings"
} >"$secrets/npmrc"
{
  echo 'lotse-secret: certificates of the machine that built the image'
  cat "$(setting cafile)" "${NODE_EXTRA_CA_CERTS-}" 2>/dev/null || true
} >"$secrets/ca"

"$HERE/images.sh" --build node node-build
"$HERE/load.sh" "${build[@]}" "$tag" . --build-arg BASE=localhost/node:24 --build-arg BUILD_BASE=localhost/node-build:24 "$@" \
  --secret "id=npmrc,src=$secrets/npmrc" --secret "id=ca,src=$secrets/ca"
