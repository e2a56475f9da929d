#!/usr/bin/env bash
# Fills the folder of the pause image: one static program. Usage: prepare.sh FOLDER (images.sh calls it)
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/rootfs"
CGO_ENABLED=0 go build -trimpath -gcflags=all=-dwarf=false -ldflags '-s -w' -o "$1/rootfs/pause" "$source/main.go"
