#!/usr/bin/env bash
# Runs a command with a cluster: KUBECONFIG set, kubectl on PATH, LOTSE_HELM3 and LOTSE_HELM4 naming the two Helms, LOTSE_REGISTRY an OCI registry.
# Usage: with.sh COMMAND [ARGUMENT...]
#
# Brings the cluster up before and takes it down after, however the command ends: by itself, by Ctrl-C, by a signal to this script.
# A cluster that was up before stays up.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
[ $# -gt 0 ] || die "say what to run: with.sh COMMAND [ARGUMENT...]"

child=
run() { # run COMMAND...: in a process group of its own, so that it can be ended with everything it started
  set -m; "$@" </dev/null & child=$!; set +m
  wait "$child"
}
# shellcheck disable=SC2329  # the trap runs it
clean() {
  trap '' INT TERM HUP   # an impatient second Ctrl-C must not leave half a cluster behind
  [ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null || true
  if [ -z "$was_up" ]; then "$HERE/down.sh"; fi
  rm -f "$exports"
}

was_up=
if [ "${LOTSE_CLUSTER-}" = existing ] || [ -e "$STATE/log" ]; then was_up=1; fi
exports=$(mktemp)
trap clean EXIT; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 129' HUP
[ "${LOTSE_CLUSTER-}" = existing ] || run "$HERE/install.sh"
run "$HERE/up.sh" >"$exports"
# shellcheck disable=SC1090  # written by up.sh just now
. "$exports"
run "$HERE/build.sh" --path helm3 helm4 registry >"$exports"
{ read -r helm3; read -r helm4; read -r registry; } <"$exports"
export LOTSE_HELM3=$helm3/helm LOTSE_HELM4=$helm4/helm LOTSE_REGISTRY=$registry/registry
status=0; run "$@" || status=$?
exit "$status"
