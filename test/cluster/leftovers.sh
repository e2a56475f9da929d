#!/usr/bin/env bash
# Lists what a cluster of up.sh left on this machine, one per line with its kind: processes, mounts, interfaces, chains, cgroups.
# Usage: leftovers.sh   prints nothing and exits 0 when there is nothing, as after down.sh; exits 1 otherwise
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
list() {
  local each pid cwd
  for each in /proc/[0-9]*; do
    pid=${each#/proc/}; cwd=$(readlink "$each/cwd" 2>/dev/null) || continue
    # ours run in the state folder or name its socket; a person's shell may be in there too
    case $(cat "$each/comm" 2>/dev/null) in bash | sh | zsh | fish) continue ;; esac
    if [[ "$cwd " == "$STATE"[/\ ]* ]] || grep -qzF -- "$STATE/containerd" "$each/cmdline" 2>/dev/null; then
      [ "$pid" = "$BASHPID" ] || echo "process $pid $(tr '\0' ' ' <"$each/cmdline" 2>/dev/null | cut -c1-100)"
    fi
  done
  awk -v below="$STATE/" 'index($2, below) == 1 {print "mount", $2}' /proc/mounts
  { ip -o link show cni0; ip -o link show master cni0; } 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\).*/interface \1/p'
  for each in iptables ip6tables; do "$each-save" 2>/dev/null | sed -n "s/^:\(KUBE-[^ ]*\).*/$each chain \1/p; s/^-A \(.* --comment lotse .*\)/$each rule \1/p"; done
  find /sys/fs/cgroup -type d -name kubepods 2>/dev/null | sed 's/^/cgroup /'
  { stale_sockets; find /var/lib/kubelet/device-plugins /var/lib/cni/results -type f,s 2>/dev/null; } | sed 's/^/file /'
  [ ! -e "$STATE" ] || echo "folder $STATE"
}
found=$(list)
[ -z "$found" ] || { printf '%s\n' "$found"; exit 1; }
