#!/usr/bin/env bash
# Removes what a stopped cluster left in the kernel: mounts and network namespaces below the state folder, the bridge and its
# interfaces, the chains of kube-proxy and the kubelet, its cgroups. down.sh calls it, when no process runs any more.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"

awk -v below="$STATE/" 'index($2, below) == 1 {print $2}' /proc/mounts | sort -r | while read -r mount; do
  umount -l "$(printf '%b' "$mount")" || true   # lazily: an overlay may still be busy ending
done

ip -o link show master cni0 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p' | while read -r veth; do ip link delete "$veth" 2>/dev/null || true; done
ip link delete cni0 2>/dev/null || true

# Only chains called KUBE-* and the rules that jump to them: everything else in the tables belongs to others.
for iptables in iptables ip6tables; do
  for table in filter nat mangle; do
    rules=$("$iptables-save" -t $table 2>/dev/null) || continue
    changes=$(grep -E '^-A .*-j KUBE-' <<<"$rules" | sed 's/^-A/-D/'; sed -n 's/^:\(KUBE-[^ ]*\).*/-F \1/p' <<<"$rules"; sed -n 's/^:\(KUBE-[^ ]*\).*/-X \1/p' <<<"$rules")
    [ -z "$changes" ] || printf '*%s\n%s\nCOMMIT\n' "$table" "$changes" | "$iptables-restore" --noflush || say "the KUBE-* chains of $iptables -t $table could not be removed"
  done
done

# Names of containerd's logs and of network attachments, which neither program lets us put elsewhere
find /var/log/containers -lname "$STATE/*" -delete 2>/dev/null || true
rm -f /var/lib/cni/results/lotse-*
rmdir /var/log/containers /var/lib/cni/{results,networks,} /run/containerd/{s,} 2>/dev/null || true
find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2>/dev/null || true
