#!/usr/bin/env bash
# Removes what a stopped cluster left in the kernel: mounts and network namespaces below the state folder, the bridge and its
# interfaces, the chains of kube-proxy and the kubelet, its cgroups. down.sh calls it, when no process runs any more.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"

awk -v below="$STATE/" 'index($2, below) == 1 {print $2}' /proc/mounts | sort -r | while read -r mount; do
  umount -l "$(printf '%b' "$mount")" || true   # lazily: an overlay may still be busy ending
done

{ ip -o link show master cni0 2>/dev/null || true; } | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p' | while read -r veth; do ip link delete "$veth" 2>/dev/null || true; done
ip link delete cni0 2>/dev/null || true

while iptables -D FORWARD "${UNTRANSLATED[@]}" 2>/dev/null; do :; done
# Only chains called KUBE-* and the rules that jump to them: everything else in the tables belongs to others.
for iptables in iptables ip6tables; do
  for table in filter nat mangle; do
    rules=$("$iptables-save" -t $table 2>/dev/null) || continue
    changes=$(grep -E '^-A .*-j KUBE-' <<<"$rules" | sed 's/^-A/-D/'; sed -n 's/^:\(KUBE-[^ ]*\).*/-F \1/p' <<<"$rules"; sed -n 's/^:\(KUBE-[^ ]*\).*/-X \1/p' <<<"$rules")
    [ -z "$changes" ] || printf '*%s\n%s\nCOMMIT\n' "$table" "$changes" | "$iptables-restore" --noflush || say "the KUBE-* chains of $iptables -t $table could not be removed"
  done
done

# What containerd, the kubelet and the network plugins put elsewhere whatever they are told
find /var/log/containers -lname "$STATE/*" -delete 2>/dev/null || true
stale_sockets | xargs -r rm -f
for each in /var/lib/cni/results/lotse-*-eth0; do   # the loopback's record is not called after our network, but has the same id
  id=${each##*/lotse-}; rm -f "$each" "/var/lib/cni/results/cni-loopback-${id%-eth0}-lo"
done
rm -f /var/lib/kubelet/device-plugins/{kubelet.sock,DEPRECATION}
rmdir /var/lib/kubelet/{device-plugins,} /var/log/containers /var/lib/cni/{results,networks,} /run/containerd/{s,} 2>/dev/null || true
find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2>/dev/null || true
