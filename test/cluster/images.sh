#!/usr/bin/env bash
# Makes the base images of the tests, which no registry is needed for, and loads them into the cluster.
#
# Usage: images.sh NAME...            pause, which holds a pod's namespaces and up.sh needs; node, postgres, python, … as the folders are called
#        images.sh --folder NAME...   only prepares, and prints the folder to build from
#        images.sh --build NAME...    only prepares and builds, and loads nothing; needs no cluster
#
# An image is a folder images/NAME: its tag, a Dockerfile that says what it is, prepare.sh, which fills the folder it is built from, and for another
# architecture than this machine's its platform. Its parts are
# fetched once and kept in the cache by what that folder says (versions and checksums are pinned there; Debian's packages are those of this machine).
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"

prepare() { # prepare NAME FOLDER
  local began=$SECONDS
  exec 9>"$CACHE/images/$1.lock"; flock 9
  [ ! -d "$2" ] || return 0
  say "preparing $(tag "$1") …"
  work=$(mktemp -d "$2.XXXXXX"); trap 'rm -rf "$work"' EXIT   # not local: the trap runs outside of the function
  "$HERE/images/$1/prepare.sh" "$work" || die "the image $(tag "$1") could not be prepared, see above"
  cp "$HERE/images/$1/Dockerfile" "$work/"
  chmod 755 "$work"; mv -T "$work" "$2"
  # shellcheck disable=SC2012  # the names are ours; this one and the one before are kept
  ls -dt "$CACHE/images/$1"-???????????????? | tail -n +3 | xargs -r rm -rf
  say "prepared $(tag "$1") in $(duration $((SECONDS - began)))"
}

there_is=$(cd "$HERE/images" && dirname -- */tag | xargs)
tag() { cat "$HERE/images/$1/tag"; }
only=
case ${1-} in --folder | --build) only=$1; shift ;; esac
[ $# -gt 0 ] || die "name the images: images.sh [--folder | --build] NAME...; there is: $there_is"
for name; do [ -f "$HERE/images/$name/tag" ] || die "there is no image '$name'; there is: $there_is"; done
mkdir -p "$CACHE/images"
for name; do
  folder=$CACHE/images/$name-$(content "$HERE/images/$name" "$HERE"/images/*.sh)
  if [ ! -d "$folder" ]; then (prepare "$name" "$folder"); fi
  flags=(); if [ -f "$HERE/images/$name/platform" ]; then flags=(--platform "$(cat "$HERE/images/$name/platform")"); fi
  case $only in
    --folder) echo "$folder" ;;
    --build) "$HERE/load.sh" --build "$(tag "$name")" "$folder" "${flags[@]}" >/dev/null ;;
    *) "$HERE/load.sh" "$(tag "$name")" "$folder" "${flags[@]}" ;;
  esac
done
