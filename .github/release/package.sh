#!/usr/bin/env bash
# Makes what a release has beside its image, in a folder: the chart, the npm package, and the list of what image and package contain.
# Usage: package.sh FOLDER; needs helm, and the packages of npm ci
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p "${1:?say where to: package.sh FOLDER}"; folder=$(cd "$1" && pwd)
version=$(node -p 'require("./package.json").version')
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
node hook/build/bundle.mjs --inputs "$work/inputs.json"
node .github/release/sbom.mjs "$work/inputs.json" >"$folder/lotse-$version.cdx.json"
helm package chart --destination "$folder" >/dev/null
# npm would call its package as Helm calls the chart.
npm pack --silent --ignore-scripts --pack-destination "$work" >/dev/null
mv "$work/lotse-$version.tgz" "$folder/lotse-npm-$version.tgz"
