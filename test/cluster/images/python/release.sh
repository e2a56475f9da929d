#!/usr/bin/env bash
# Builds one release of a story's Python application and puts it on the cluster's node as localhost/STORY:TAG.
# Usage: release.sh STORY TAG RELEASE..., from the repository's root
# test/e2e/STORY has a Dockerfile, requirements.txt, app, and in releases what each RELEASE changed: folders that are laid over app in this order.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) story=test/e2e/$1 name=$1 tag=$2; shift 2
packages=$("$here/packages.sh" "$story/requirements.txt")
context=$(mktemp -d); trap 'rm -rf "$context"' EXIT
cp "$story/Dockerfile" "$context"; cp -r "$story/app" "$context"; cp -r "$packages" "$context/packages"
for release; do cp -r "$story/releases/$release/." "$context/app"; done
"$here/../../load.sh" "localhost/$name:$tag" "$context" --build-arg "VERSION=$tag"
