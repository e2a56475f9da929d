#!/usr/bin/env bash
# Stops a process of the cluster, as a node's failure would, and starts it again with the same arguments.
# Usage: restart.sh COMPONENT SECONDS     stopped for that long; the components are those of up.sh: kubelet, scheduler, …
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
[ $# = 2 ] || die "say what to restart, and for how long it shall be away: restart.sh COMPONENT SECONDS"
[ "${LOTSE_CLUSTER-}" != existing ] || die "the processes of an existing cluster are not ours to stop; unset LOTSE_CLUSTER to have a cluster made"
name=$1 away=$2
alive "$name" || die "$name is not running in $STATE"
read -r pid _ <"$STATE/log/$name.pid"
mapfile -d '' -t command <"/proc/$pid/cmdline"
kill -TERM "$pid"
until ! alive "$name"; do sleep .1; done
say "stopped $name for $away s"
sleep "$away"
cd "$STATE"
setsid "${command[@]}" >>"log/$name.log" 2>&1 </dev/null &
pid=$!; disown; echo "$pid $(born "$pid")" >"log/$name.pid"
say "started $name again"
