#!/usr/bin/env bash
# Prints name, size in bytes and SHA-256 of each file of a folder, and what registries call the rest.
# Usage: table.sh FOLDER [NAME SIZE DIGEST]...
set -euo pipefail
folder=${1:?say which folder: table.sh FOLDER}; shift
{
  echo "artifact size digest"
  for file in "$folder"/*; do echo "${file##*/} $(wc -c <"$file") sha256:$(sha256sum "$file" | cut -d' ' -f1)"; done
  while [ $# -ge 3 ]; do echo "$1 $2 $3"; shift 3; done
} | awk '{printf "%-34s %10s  %s\n", $1, $2, $3}'
