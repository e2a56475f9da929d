#!/usr/bin/env bash
# Fetches what a package-lock.json pins, each package checked against its hash, and keeps it in the cache by what the file says; prints the path of an
# archive with node_modules, for ADD in a Dockerfile: thousands of small files take long to copy. Runs no script of a package.
# Usage: packages.sh FOLDER, with package.json and package-lock.json
set -euo pipefail
# shellcheck source=../../environment.sh
. "$(dirname "$0")/../../environment.sh"
archive=$CACHE/images/npm-$(content "$1/package.json" "$1/package-lock.json" "$0").tar
mkdir -p "$CACHE/images"
exec 9>"$CACHE/images/npm.lock"; flock 9
if [ ! -f "$archive" ]; then
  began=$SECONDS log=$CACHE/images/npm.log
  work=$(mktemp -d "$archive.XXXXXX"); trap 'rm -rf "$work"' EXIT
  cp "$1/package.json" "$1/package-lock.json" "$HERE/../../.npmrc" "$work"
  if ! npm ci --prefix "$work" --omit=dev --ignore-scripts --no-bin-links >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "the packages of $1 could not be fetched, see above; check that this machine reaches an npm registry"
  fi
  # Without a third of it all, types and source maps, which no program reads.
  tar -C "$work" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --exclude='*.map' --exclude='*.d.[cm]ts' --exclude='*.d.ts' -cf "$work/archive" node_modules
  mv "$work/archive" "$archive"
  # shellcheck disable=SC2012  # the names are ours; those of the last few files are kept
  ls -t "$CACHE"/images/npm-????????????????.tar | tail -n +5 | xargs -r rm -f
  say "fetched the packages of $1 in $(duration $((SECONDS - began)))"
fi
touch "$archive"; echo "$archive"
