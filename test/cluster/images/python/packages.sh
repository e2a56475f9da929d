#!/usr/bin/env bash
# Fetches what a requirements.txt pins, for the Python of this image, and keeps it in the cache by what the file says; prints the folder.
# Wheels alone, each checked against its hashes, so that no package's code runs here; but what the file names after --no-binary is built, with this
# machine's setuptools.
# Usage: packages.sh REQUIREMENTS
set -euo pipefail
# shellcheck source=../../environment.sh
. "$(dirname "$0")/../../environment.sh"
python=/usr/bin/python3   # the one that is in the image
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || die "there is no $python; run $HERE/install.sh"
folder=$CACHE/images/pypi-$(content "$1" "$0" <(echo "$version"))
mkdir -p "$CACHE/images"
exec 9>"$CACHE/images/pypi.lock"; flock 9
if [ ! -d "$folder" ]; then
  began=$SECONDS log=$CACHE/images/pypi.log
  work=$(mktemp -d "$folder.XXXXXX"); trap 'rm -rf "$work"' EXIT
  # Compiled once here, for a pod cannot keep what Python compiles.
  if ! { "$python" -m pip install --disable-pip-version-check --root-user-action ignore --no-compile --no-build-isolation --use-pep517 --only-binary :all: --require-hashes --target "$work" -r "$1" &&
         "$python" -m compileall -q -s "$work" -p /packages --invalidation-mode unchecked-hash "$work"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "the packages of $1 could not be fetched, see above; check that pip is there (Debian's python3-pip) and reaches a package index"
  fi
  chmod 755 "$work"; mv -T "$work" "$folder"
  # shellcheck disable=SC2012  # the names are ours; those of the last few files are kept
  ls -dt "$CACHE"/images/pypi-???????????????? | tail -n +9 | xargs -r rm -rf
  say "fetched the packages of $1 in $(duration $((SECONDS - began)))"
fi
touch "$folder"; echo "$folder"
