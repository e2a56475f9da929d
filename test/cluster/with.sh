#!/usr/bin/env bash
# Runs a command with a cluster: KUBECONFIG set, kubectl on PATH, and the tools it needs, built if they are not in the cache.
# Usage: with.sh [TOOL... --] COMMAND [ARGUMENT...]     with.sh helm4 -- node test/demo/demo.ts
#
# The tools are helm3, helm4 and registry, an OCI registry; LOTSE_HELM3, LOTSE_HELM4 and LOTSE_REGISTRY name their programs. Without `--` it is all
# three. One of these variables that is set already is left as it is, and its tool is not built: LOTSE_HELM4=$(command -v helm)
#
# Brings the cluster up before and takes it down after, however the command ends: by itself, by Ctrl-C, by a signal to this script.
# A cluster that was up before stays up.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
usage="with.sh [TOOL... --] COMMAND [ARGUMENT...]"
tools=()
for each; do [ "$each" != -- ] || break; tools+=("$each"); done
if [ ${#tools[@]} = $# ]; then tools=(helm3 helm4 registry); else shift $((${#tools[@]} + 1)); fi
[ $# -gt 0 ] || die "say what to run: $usage"

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
provide() { # provide TOOL: sets the variable that names its program
  local variable program folder
  case $1 in
    helm3 | helm4) variable=LOTSE_${1^^} program=helm ;;
    registry) variable=LOTSE_REGISTRY program=registry ;;
    *) die "a command cannot be given the tool '$1'; there is: helm3 helm4 registry. Usage: $usage" ;;
  esac
  if [ -z "${!variable-}" ]; then
    run "$HERE/build.sh" --path "$1" >"$exports"
    folder=$(cat "$exports"); export "$variable=$folder/$program"
  elif [[ $1 == helm* ]] && [[ $("${!variable}" version --template '{{.Version}}') != v"${1#helm}".* ]]; then
    die "$variable=${!variable} is Helm $("${!variable}" version --template '{{.Version}}'); name a Helm ${1#helm}, or unset $variable to have one built"
  fi
}

was_up=
if [ "${LOTSE_CLUSTER-}" = existing ] || [ -e "$STATE/log" ]; then was_up=1; fi
exports=$(mktemp)
trap clean EXIT; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 129' HUP
if [ "${LOTSE_CLUSTER-}" = existing ]; then run "$HERE/install.sh" buildah; else run "$HERE/install.sh"; fi
for tool in "${tools[@]}"; do provide "$tool"; done
run "$HERE/up.sh" >"$exports"
# shellcheck disable=SC1090  # written by up.sh just now
. "$exports"
status=0; run "$@" || status=$?
exit "$status"
