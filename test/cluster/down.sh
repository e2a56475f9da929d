#!/usr/bin/env bash
# Takes down the cluster of up.sh: its processes and pods, mounts, interfaces, iptables chains and folder. Nothing is left
# (leftovers.sh tells), programs and images stay in the cache. Usage: down.sh; LOTSE_CLUSTER=existing: does nothing
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
# shellcheck source=processes.sh
. "$HERE/processes.sh"
if [ "${LOTSE_CLUSTER-}" = existing ]; then say "the existing cluster stays as it is"; exit; fi
if [ ! -d "$STATE" ]; then
  # chains and interfaces may be another cluster's: without our folder only processes and mounts are certainly ours
  left=$("$HERE/leftovers.sh" | grep -E '^(process|mount) ' || true)
  [ -z "$left" ] || { printf '%s\n' "$left" >&2; die "the folder $STATE is gone, but what ran there is left, listed above; end it by hand"; }
  say "nothing to take down"; exit
fi
if [ -z "${LOTSE_CLUSTER_LOCKED-}" ]; then mkdir -p "$CACHE"; exec 9>"$CACHE/cluster.lock"; flock 9; fi   # set by up.sh, which holds the lock
began=$SECONDS

shims() { # the processes of our pods: a shim is known by our socket in its arguments, what it runs is its child
  grep -lzF -- "$STATE/containerd/containerd.sock" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3 | while read -r pid; do
    [ "$(basename "$(readlink "/proc/$pid/exe")" 2>/dev/null)" = containerd-shim-runc-v2 ] && echo "$pid"
  done || true
}
children() { local each; for each; do cat "/proc/$each/task"/*/children 2>/dev/null; done; }
no_shims() { [ -z "$(shims)" ]; }

for each in "${BESIDE[@]}" kubelet proxy coredns scheduler controller-manager; do stop "$each"; done
# a shim is the parent of what its pods run: children first, then they cannot be orphaned
for pid in $(shims); do
  for child in $(children "$pid"); do kill -KILL "$child" 2>/dev/null || true; done
  kill -KILL "$pid" 2>/dev/null || true
done
within 10 no_shims || die "processes of pods do not end even when killed: $(shims | xargs)"
for each in containerd apiserver etcd; do stop "$each"; done

"$HERE/sweep.sh"
while read -r name value; do echo "$value" >"/proc/sys/${name//.//}"; done <"$STATE/sysctl" || true
rm -rf --one-file-system "$STATE"
"$HERE/leftovers.sh" >&2 || die "the cluster is down, but what is listed above is left; remove it by hand, or restart the machine"
say "down after $((SECONDS - began)) s"
