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
declare -A variables=([helm3]=LOTSE_HELM3 [helm4]=LOTSE_HELM4 [registry]=LOTSE_REGISTRY)
provide() { # provide TOOL...: sets the variables that name their programs, and builds the cluster's own meanwhile
  local tool variable folder version build=()
  for tool; do
    variable=${variables[$tool]-}
    [ -n "$variable" ] || die "a command cannot be given the tool '$tool'; there is: helm3 helm4 registry. Usage: $usage"
    if [ -z "${!variable-}" ]; then
      build+=("$tool")
    elif [[ $tool == helm* ]]; then
      version=$("${!variable}" version --template '{{.Version}}') || die "$variable=${!variable} does not run; name a Helm ${tool#helm}, or unset it to have one built"
      [[ $version == v"${tool#helm}".* ]] || die "$variable=${!variable} is Helm $version; name a Helm ${tool#helm}, or unset it to have one built"
    fi
  done
  [ "${LOTSE_CLUSTER-}" = existing ] || build+=(kubernetes)
  [ ${#build[@]} -gt 0 ] || return 0
  run "$HERE/build.sh" --path "${build[@]}" >"$exports"
  for tool in "${build[@]}"; do
    read -r folder
    case $tool in
      helm*) export "${variables[$tool]}=$folder/helm" ;;
      registry) export "${variables[$tool]}=$folder/registry" ;;
    esac
  done <"$exports"
}

was_up=
if [ "${LOTSE_CLUSTER-}" = existing ] || [ -e "$STATE/log" ]; then was_up=1; fi
exports=$(mktemp)
trap clean EXIT; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 129' HUP
if [ "${LOTSE_CLUSTER-}" = existing ]; then run "$HERE/install.sh" buildah; else run "$HERE/install.sh"; fi
provide "${tools[@]}"
run "$HERE/up.sh" >"$exports"
# shellcheck disable=SC1090  # written by up.sh just now
. "$exports"
status=0; run "$@" || status=$?
exit "$status"
