#!/usr/bin/env bash
# Runs a command with a cluster: KUBECONFIG set, kubectl on PATH, LOTSE_HELM3 and LOTSE_HELM4 naming the two Helms.
# Usage: with.sh COMMAND [ARGUMENT...]
#
# Brings the cluster up before and takes it down after, whatever the command's end; a cluster that was up before stays up.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
[ $# -gt 0 ] || die "say what to run: with.sh COMMAND [ARGUMENT...]"

was_up=
if [ "${LOTSE_CLUSTER-}" = existing ] || [ -e "$STATE/log" ]; then was_up=1; fi
[ "${LOTSE_CLUSTER-}" = existing ] || "$HERE/install.sh"
[ -n "$was_up" ] || trap '"$HERE/down.sh"' EXIT
exports=$("$HERE/up.sh"); eval "$exports"
helm3=$("$HERE/build.sh" --path helm3) helm4=$("$HERE/build.sh" --path helm4)
export LOTSE_HELM3=$helm3/helm LOTSE_HELM4=$helm4/helm
"$@"
