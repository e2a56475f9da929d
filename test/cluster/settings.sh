#!/usr/bin/env bash
# Writes the configuration files of containerd, its network, the kubelet, kube-proxy and CoreDNS. up.sh calls it.
# Usage: settings.sh NODE_IP, with the state folder as in environment.sh
#
# Everything that these programs keep is put below the state folder, so that down.sh can remove it and nothing else.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
node_ip=$1; cd "$STATE"; mkdir -p cni containerd kubelet

# No masquerading: a pod reaches pods, services and this machine, and nothing beyond it.
cat >cni/10-lotse.conflist <<END_OF_FILE
{"cniVersion": "0.4.0", "name": "lotse", "plugins": [{"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
  "ipam": {"type": "host-local", "dataDir": "$STATE/cni/addresses", "ranges": [[{"subnet": "$NODE_POD_CIDR"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
END_OF_FILE

# restrict_oom_score_adj: root in a sandbox may lack CAP_SYS_RESOURCE; without it no pod starts there
#   (runc: can't get final child's PID from pipe).
cat >containerd.toml <<END_OF_FILE
version = 2
root = "$STATE/containerd/root"
state = "$STATE/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "$STATE/containerd/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$STATE/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$STATE/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "$STATE/containerd/runc"
END_OF_FILE

# failCgroupV1: Kubernetes 1.35 refuses hosts with cgroup v1 by default. Swap and nearly full disks are the host's business.
cat >kubelet.yaml <<END_OF_FILE
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
failSwapOn: false
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $STATE/pki/ca.crt}}
authorization: {mode: Webhook}
clusterDNS: [$DNS_IP]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://$STATE/containerd/containerd.sock
podLogsDir: $STATE/pods
volumePluginDir: $STATE/kubelet/volume-plugins
resolvConf: ""
maxPods: 200
serializeImagePulls: false
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
END_OF_FILE

# localhostNodePorts: traffic to 127.0.0.1 stays on this machine and is not redirected to pods.
cat >proxy.yaml <<END_OF_FILE
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $STATE/proxy.kubeconfig}
mode: iptables
iptables: {localhostNodePorts: false, minSyncPeriod: 0s}
clusterCIDR: $POD_CIDR
hostnameOverride: node
conntrack: {maxPerCore: 0}
END_OF_FILE

cat >Corefile <<END_OF_FILE
.:53 {
  bind $node_ip
  errors
  ready $node_ip:8181
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $STATE/admin.kubeconfig
  }
  cache 5
}
END_OF_FILE

# CoreDNS runs beside the cluster, not in it: its Service has this machine as its endpoint.
cat >dns.yaml <<END_OF_FILE
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {clusterIP: $DNS_IP, ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kube-dns, namespace: kube-system, labels: {kubernetes.io/service-name: kube-dns}}
addressType: IPv4
endpoints: [{addresses: [$node_ip]}]
ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]
END_OF_FILE
