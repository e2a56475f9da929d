#!/usr/bin/env bash
# Builds an image from a folder with a Dockerfile and puts it on the cluster's node.
#
# Usage: load.sh TAG FOLDER [buildah build flags, such as -f FILE or --build-arg NAME=VALUE]
#        load.sh --build TAG FOLDER [...]   only builds, needs no cluster, and prints the path of a docker-archive
# Kept by content (the Dockerfile, the files it copies, the flags, and our images it builds on): a repeat builds nothing, and
# imports only if the node does not have the image yet, as after a fresh up.sh.
#
# LOTSE_CLUSTER=existing   the image goes to that cluster through LOTSE_IMAGE_LOAD, a command that gets two arguments, the path
#                          of a docker-archive and the tag; for kind: LOTSE_IMAGE_LOAD="sh -c 'kind load image-archive \$0'"
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
only_build=
if [ "${1-}" = --build ]; then only_build=1; shift; fi
[ $# -ge 2 ] || die "say which image: load.sh [--build] TAG FOLDER [buildah build flags]"
tag=$1 folder=$(cd "$2" && pwd); shift 2
images=$CACHE/images/built name=${tag//[^A-Za-z0-9._-]/_}
# vfs and chroot need neither a mount nor a user namespace, which a sandbox may refuse
buildah=(buildah --storage-driver vfs --root "$CACHE/images/buildah/root" --runroot "$CACHE/images/buildah/run")

dockerfile=$folder/Dockerfile before=
for flag; do
  case $before in -f | --file) dockerfile=$flag ;; esac
  case $flag in --file=*) dockerfile=${flag#*=} ;; esac
  before=$flag
done
[ -f "$dockerfile" ] || die "there is no $dockerfile to build $tag from; give FOLDER with a Dockerfile or -f FILE"

bases() { # the images of ours that this one may be built on: those its Dockerfile or flags name; TAG and hash of each
  local each hash
  for each in "$images"/*.tag; do
    [ -f "$each" ] || continue
    { read -r each; read -r hash; } <"$each"
    if [ "$each" != "$tag" ] && grep -qF -- "$each" <(cat "$dockerfile"; echo "$@"); then echo "$each $hash"; fi
  done
}
inputs() { # everything that decides what the image is
  local sources=() each secret=
  for each; do   # a secret's file is another one each time, and no part of the image
    if [ -n "$secret" ]; then secret=; elif [ "$each" = --secret ]; then secret=1; else printf '%s\n' "$each"; fi
  done
  cat "$dockerfile"; bases "$@"
  cd "$folder"
  if grep -qE '^\s*(COPY|ADD)\s.*([[$\\]|<<)' "$dockerfile"; then
    sources=(.)   # a form whose sources cannot be read off: everything counts
  else
    # shellcheck disable=SC2207  # the patterns of COPY are to be expanded
    sources=($(awk 'toupper($1) ~ /^(COPY|ADD)$/ && !/--from=/ {for (i = 2; i < NF; i++) if ($i !~ /^--/) {sub(/^\//, "", $i); print $i}}' "$dockerfile"))
  fi
  [ ${#sources[@]} = 0 ] || content "${sources[@]}"
}

mkdir -p "$images"
exec 9>"$CACHE/images/buildah.lock"; flock 9   # one build at a time: they share a store
hash=$(inputs "$@" | sha256sum | cut -c1-16) tar=$images/$name-$hash.tar
if [ ! -f "$tar" ]; then
  began=$SECONDS log=$images/$name.log
  : >"$log"
  bases "$@" | while read -r base base_hash; do   # the store may have lost it, or hold another state of it
    [ "$(cat "$images/${base//[^A-Za-z0-9._-]/_}.stored" 2>/dev/null)" = "$base_hash" ] && "${buildah[@]}" inspect --type image "$base" >/dev/null 2>&1 && continue
    "${buildah[@]}" pull -q "docker-archive:$images/${base//[^A-Za-z0-9._-]/_}-$base_hash.tar" >>"$log" 2>&1 || true   # if it was needed the build says so
    echo "$base_hash" >"$images/${base//[^A-Za-z0-9._-]/_}.stored"
  done
  if ! { "${buildah[@]}" build --isolation chroot --pull-never -t "$tag" "$@" "$folder" && rm -f "$tar.new" &&
         "${buildah[@]}" push "$tag" "docker-archive:$tar.new:$tag"; } >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "the image $tag did not build from $folder; the lines above are the end of $log. Images are not pulled: a base must be one that load.sh or images.sh made."
  fi
  # The archive is what is kept. The store, where each image is a whole copy, keeps only bases; another one is taken in again when needed.
  "${buildah[@]}" rmi --force "$tag" >/dev/null 2>&1 || true; "${buildah[@]}" rmi --prune >/dev/null 2>&1 || true; rm -f "$images/$name.stored"
  mv "$tar.new" "$tar"
  # shellcheck disable=SC2012  # the names are ours; the newest two of a tag are kept
  ls -t "$images/$name"-????????????????.tar | tail -n +3 | xargs -r rm -f
  say "built $tag in $(duration $((SECONDS - began)))"
fi
touch "$tar"; printf '%s\n' "$tag" "$hash" >"$images/$name.tag"

if [ -n "$only_build" ]; then echo "$tar"; exit; fi
if [ "${LOTSE_CLUSTER-}" = existing ]; then
  [ -n "${LOTSE_IMAGE_LOAD-}" ] || die "$tag cannot be put on an existing cluster without knowing how; set LOTSE_IMAGE_LOAD to a command that takes a docker-archive and a tag, for kind: LOTSE_IMAGE_LOAD=\"sh -c 'kind load image-archive \\\$0'\""
  bash -c "$LOTSE_IMAGE_LOAD \"\$@\"" -- "$tar" "$tag" >&2 || die "LOTSE_IMAGE_LOAD failed for $tag; it was run as: $LOTSE_IMAGE_LOAD $tar $tag"
  exit
fi
[ -S "$STATE/containerd/containerd.sock" ] || die "the cluster is not up, so $tag has no node to go to; run $HERE/up.sh first"
mkdir -p "$STATE/images"
if [ "$(cat "$STATE/images/$name" 2>/dev/null)" != "$hash" ]; then
  "${CTR[@]}" images import "$tar" >/dev/null || die "$tag was not imported; see $STATE/log/containerd.log"
  echo "$hash" >"$STATE/images/$name"; say "loaded $tag"
fi
