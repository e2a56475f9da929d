#!/usr/bin/env bash
# Unpacks Debian packages, and all that they depend on, into an image's root folder. Runs none of their scripts, so that what those make
# (users, alternatives, caches) is not there. The packages are those of this machine's Debian.
# Usage: debian.sh ROOT PACKAGE...
# DEBIAN_ARCHITECTURE: that of the packages, for example arm64; empty: this machine's
set -euo pipefail
mkdir -p "$1"; root=$(cd "$1" && pwd); shift
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$work/archives/partial"; : >"$work/status"
# An empty status: nothing counts as installed, so that a dependency is taken although this machine has it.
apt=(apt-get -qq -o Dir::State::status="$work/status" -o Dir::Cache::archives="$work/archives" -o APT::Sandbox::User=root)
if [ -n "${DEBIAN_ARCHITECTURE-}" ]; then   # another one's lists; this machine does not keep them
  mkdir -p "$work/lists/partial"
  apt+=(-o APT::Architecture="$DEBIAN_ARCHITECTURE" -o APT::Architectures="$DEBIAN_ARCHITECTURE" -o Dir::State::lists="$work/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
  "${apt[@]}" update >&2
fi
if ! "${apt[@]}" --yes --download-only --no-install-recommends install "$@" >"$work/log" 2>&1; then
  cat "$work/log" >&2
  echo "cluster: error: these Debian packages could not be fetched: $*; check that this machine reaches its mirror (apt-get update) and run it again" >&2; exit 1
fi
for package in "$work"/archives/*.deb; do dpkg-deb --extract "$package" "$root"; done
rm -rf "$root"/usr/share/{doc,man,locale,lintian}
