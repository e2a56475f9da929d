#!/usr/bin/env bash
# Stops a process of the cluster, as a node's failure would, and starts it again with the same arguments.
# Usage: restart.sh COMPONENT SECONDS     stopped for that long; the components are those of up.sh: kubelet, scheduler, …
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
# shellcheck source=processes.sh
. "$HERE/processes.sh"
[ $# = 2 ] || die "say what to restart, and for how long it shall be away: restart.sh COMPONENT SECONDS"
[ "${LOTSE_CLUSTER-}" != existing ] || die "the processes of an existing cluster are not ours to stop; unset LOTSE_CLUSTER to have a cluster made"
name=$1 away=$2
alive "$name" || die "$name is not running in $STATE"
read -r pid _ <"$STATE/log/$name.pid"
mapfile -d '' -t command <"/proc/$pid/cmdline"
stop "$name"
say "stopped $name for $away s"
sleep "$away"
cd "$STATE"
mv "log/$name.log" "log/$name.before.log"   # start begins a new one
start "$name" "${command[@]}"
say "started $name again"
