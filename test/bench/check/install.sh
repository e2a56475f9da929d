#!/usr/bin/env bash
# Installs the other linters: squawk from npm; eugene and safe-migrate are built from their crates, which takes some minutes of both
# cores, and kept in the cache folder. Prints the folder of their programs. Needs Rust (cargo), and Debian's libclang-dev for eugene's parser.
set -euo pipefail
cd "$(dirname "$0")"
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lotse/bin
if [ ! -e peers/node_modules/.package-lock.json ] || [ peers/package-lock.json -nt peers/node_modules/.package-lock.json ]; then
  (cd peers && npm ci --loglevel=error >&2 && touch node_modules/.package-lock.json)
fi
command -v cargo >/dev/null || { echo 'bench-check needs cargo (https://rustup.rs)' >&2; exit 2; }
mkdir -p "$cache"
while read -r crate version flags; do
  into=$cache/$crate-$version
  if [ ! -x "$into/bin/$crate" ]; then
    if [ "$crate" = eugene ] && [ -z "${LIBCLANG_PATH-}" ]; then ../../cluster/install.sh libclang-dev cmake g++ >&2; fi
    echo "building $crate $version …" >&2
    # shellcheck disable=SC2086  # flags are words
    cargo install "$crate" --version "$version" --locked --quiet $flags --root "$into" >&2
  fi
done <<'CRATES'
eugene 0.8.3
safe-migrate 0.12.0 --ignore-rust-version
CRATES
echo "$cache"
