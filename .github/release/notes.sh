#!/usr/bin/env bash
# Prints what CHANGELOG.md says of a version, the text of its GitHub release. Usage: notes.sh VERSION
set -euo pipefail
cd "$(dirname "$0")/../.."
awk -v heading="## [${1:?say which version: notes.sh 1.2.3}]" '
  index($0, "## ") == 1 {inside = index($0, heading) == 1; next}
  inside && (NF || started) {started = 1; print}' CHANGELOG.md
