#!/usr/bin/env bash
# Brings up a real Kubernetes of one node on this machine, from programs of build.sh: etcd, API server, controller manager,
# scheduler, containerd, kubelet, kube-proxy and CoreDNS, as processes below one state folder. Needs root on Linux (install.sh).
#
# Usage: eval "$(up.sh)"     progress goes to standard error; standard output is what to export: KUBECONFIG and PATH with kubectl
# Does nothing if the cluster is up and healthy; a half-dead one is taken down and started again.
# LOTSE_CLUSTER=existing     uses the cluster KUBECONFIG points to and the kubectl on PATH (built if there is none), and only checks that it answers
# LOTSE_CLUSTER_STATE        see environment.sh; KUBECONFIG of our own cluster is admin.kubeconfig in it
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
# shellcheck source=processes.sh
. "$HERE/processes.sh"

ready() { # every process runs, the node is Ready, and names are served
  local each
  for each in "${COMPONENTS[@]}"; do alive "$each" || { missing=$each; return 1; }; done
  missing=node; kubectl wait --for=condition=Ready node/node --timeout=5s >/dev/null 2>&1 &&
    curl --silent --fail --max-time 2 "http://$node_ip:8181/ready" >/dev/null
}
# shellcheck disable=SC2016  # the caller's PATH
exports() { printf 'export KUBECONFIG=%q PATH=%q:"$PATH"\n' "$1" "$bin"; }

if [ "${LOTSE_CLUSTER-}" = existing ]; then
  [ -n "${KUBECONFIG-}" ] || die "LOTSE_CLUSTER=existing needs to know the cluster; set KUBECONFIG, or unset LOTSE_CLUSTER to have one made"
  kubectl=$(command -v kubectl) || kubectl=$("$HERE/build.sh" --path kubernetes)/kubectl
  context=$("$kubectl" config current-context) || die "KUBECONFIG=$KUBECONFIG has no current context; choose one: kubectl config use-context NAME"
  "$kubectl" get nodes --request-timeout=20s >&2 || die "the cluster of KUBECONFIG=$KUBECONFIG (context $context) does not answer, see above"
  say "using the existing cluster of $KUBECONFIG, context $context"
  bin=$(dirname "$kubectl"); exports "$KUBECONFIG"; exit
fi
[ "$(uname -s) $(id -u)" = "Linux 0" ] || die "a cluster of our own needs root on Linux; run this as root, or use another cluster: KUBECONFIG=FILE LOTSE_CLUSTER=existing"
for each in containerd runc /usr/lib/cni/bridge buildah iptables conntrack ip modprobe socat openssl; do
  command -v "$each" >/dev/null || die "$each is missing; run $HERE/install.sh"
done
bin=$("$HERE/build.sh" --path kubernetes) missing=
made_of="$bin $(content "$HERE"/*.sh)"   # a cluster that was brought up by other programs or scripts is another one
node_ip=$(ip -4 -o addr show scope global | awk '$2 != "cni0" {sub("/.*", "", $4); print $4; exit}')
[ -n "$node_ip" ] || die "this machine has no IPv4 address but loopback, and a node needs one; give it one: ip link add lotse0 type dummy && ip addr add 192.0.2.1/32 dev lotse0 && ip link set lotse0 up"
kubectl() { "$bin/kubectl" --kubeconfig "$STATE/admin.kubeconfig" "$@"; }

mkdir -p "$CACHE"; exec 9>"$CACHE/cluster.lock"; flock 9   # one up or down at a time
if [ -e "$STATE/log" ]; then
  if [ "$(cat "$STATE/made-of" 2>/dev/null)" = "$made_of" ] && ready; then
    say "already up: $(kubectl version | sed -n 's/Server Version: //p'), KUBECONFIG=$STATE/admin.kubeconfig"
    exports "$STATE/admin.kubeconfig"; exit
  fi
  if [ -n "$missing" ]; then why="$missing is not running well"; else why="it was made by other programs or scripts than these"; fi
  say "found a cluster, but $why; starting it again"
  LOTSE_CLUSTER_LOCKED=1 "$HERE/down.sh"
fi
for port in 2379 2380 6443 10248 10249 10250 10256 10257 10259 53 8181; do
  vacant "$port" Kubernetes "Stop that, or use its cluster if it is one: KUBECONFIG=FILE LOTSE_CLUSTER=existing" "$([ "$port" != 53 ] || echo "$node_ip")"
done

began=$SECONDS
mkdir -p "$STATE"; cd "$STATE"; mkdir -p log etcd; chmod 700 .; echo "$made_of" >made-of
for each in net.ipv4.ip_forward vm.overcommit_memory kernel.panic kernel.panic_on_oops; do echo "$each $(cat "/proc/sys/${each//.//}")"; done >sysctl   # what Kubernetes changes; down.sh puts it back
say "starting Kubernetes in $STATE …"
"$HERE/settings.sh" "$node_ip"; "$HERE/certificates.sh" "$STATE" "$node_ip"
modprobe -a overlay br_netfilter 2>/dev/null || true   # a kernel without modules has them built in, or containerd says what is missing

# Garbage is collected less often, which spares a tenth of the processor's time, and memory there is enough.
export GOGC=300
# What decides and routes goes first: under the load of the tests kube-proxy lags by seconds, in which a Service still sends requests to a pod that is
# gone. Not containerd, whose niceness the pods would inherit.
start containerd containerd --config containerd.toml
first etcd "$bin/etcd" --data-dir etcd --unsafe-no-fsync --log-level warn
await etcd 30 curl --silent --fail --max-time 2 http://127.0.0.1:2379/readyz
first apiserver "$bin/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --advertise-address="$node_ip" --secure-port=6443 \
  --tls-cert-file=pki/apiserver.crt --tls-private-key-file=pki/apiserver.key --client-ca-file=pki/ca.crt \
  --service-account-key-file=pki/sa.pub --service-account-signing-key-file=pki/sa.key --service-account-issuer=https://kubernetes.default.svc.cluster.local \
  --service-cluster-ip-range=$SERVICE_CIDR --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
  --kubelet-client-certificate=pki/admin.crt --kubelet-client-key=pki/admin.key --kubelet-preferred-address-types=InternalIP
await containerd 30 "${CTR[@]}" version
"$HERE/images.sh" pause 9>&-
await apiserver 60 kubectl get --raw /readyz
say "API server ready after $((SECONDS - began)) s"
first controller-manager "$bin/kube-controller-manager" --kubeconfig=controller-manager.kubeconfig --authentication-kubeconfig=controller-manager.kubeconfig \
  --authorization-kubeconfig=controller-manager.kubeconfig --service-account-private-key-file=pki/sa.key --root-ca-file=pki/ca.crt \
  --use-service-account-credentials=true --cluster-cidr=$POD_CIDR --allocate-node-cidrs=true --leader-elect=false
first scheduler "$bin/kube-scheduler" --kubeconfig=scheduler.kubeconfig --authentication-kubeconfig=scheduler.kubeconfig --authorization-kubeconfig=scheduler.kubeconfig --leader-elect=false
first kubelet "$bin/kubelet" --config=kubelet.yaml --kubeconfig=kubelet.kubeconfig --root-dir="$STATE/kubelet" --cert-dir="$STATE/kubelet/pki" --hostname-override=node --node-ip="$node_ip"
first proxy "$bin/kube-proxy" --config=proxy.yaml
first coredns "$bin/coredns" -conf Corefile
await apiserver 20 kubectl apply -f dns.yaml
await kubelet 60 kubectl wait --for=condition=Ready node/node --timeout=1s
await controller-manager 30 kubectl get serviceaccount default   # a pod cannot be made before it is there
await proxy 30 curl --silent --fail --max-time 2 http://127.0.0.1:10256/healthz
# When a Service gets its first pod, kube-proxy takes its REJECT away a moment before it translates the address. A connection begun in that
# moment would be routed away untranslated, and its repeats with it, because the kernel remembers: it hangs until the client gives up.
iptables -A FORWARD "${UNTRANSLATED[@]}"
await coredns 30 curl --silent --fail --max-time 2 "http://$node_ip:8181/ready"
say "node Ready after $((SECONDS - began)) s: $(kubectl version | sed -n 's/Server Version: //p'), KUBECONFIG=$STATE/admin.kubeconfig"
exports "$STATE/admin.kubeconfig"
