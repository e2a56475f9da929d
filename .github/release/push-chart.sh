#!/usr/bin/env bash
# Pushes a packaged chart to an OCI registry and prints its digest there. Usage: push-chart.sh FILE oci://REGISTRY/FOLDER [helm push flags]
set -euo pipefail
output=$(helm push "$@" 2>&1) || { printf '%s\n' "$output" >&2; exit 1; }
printf '%s\n' "$output" >&2
grep -o 'sha256:[0-9a-f]\{64\}' <<<"$output"
