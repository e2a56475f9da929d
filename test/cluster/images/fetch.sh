#!/usr/bin/env bash
# Fetches one npm package, checks it against the pinned integrity and unpacks it; runs none of its scripts.
# Usage: fetch.sh PACKAGE@VERSION sha512-BASE64 FOLDER
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
if ! npm pack --silent "$1" >npm.log 2>&1; then
  cat npm.log >&2
  echo "cluster: error: npm could not fetch $1; check that this machine reaches an npm registry (npm view $1) and run it again" >&2; exit 1
fi
archive=$(echo ./*.tgz) found=sha512-$(openssl dgst -sha512 -binary ./*.tgz | base64 -w0)
if [ "$found" != "$2" ]; then
  echo "cluster: error: $1 is not what was pinned: expected $2, got $found; do not use it before you know why" >&2; exit 1
fi
mkdir -p "$3"; tar -xzf "$archive" --strip-components=1 --no-same-owner -C "$3"
