#!/usr/bin/env bash
# Installs the other runners, and builds what measures.
set -euo pipefail
cd "$(dirname "$0")"
../tools/install.sh
go build -C measure -mod=readonly -trimpath -ldflags '-s -w' -o dist/ .   # Go's own cache knows what is built
