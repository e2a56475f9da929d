#!/usr/bin/env bash
# Prints the build arguments of a released image, NAME=VALUE on a line each: what its labels say. Usage: image-arguments.sh VERSION
set -euo pipefail
cd "$(dirname "$0")/../.."
echo "VERSION=${1:?say which version: image-arguments.sh 1.2.3}"
echo "REVISION=$(git rev-parse HEAD)"
