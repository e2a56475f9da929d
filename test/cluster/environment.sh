# shellcheck shell=bash
# What every script of the test cluster shares: where things are, how to speak to a person, how to wait. Sourced, never run.
#
# LOTSE_CLUSTER         empty: our own cluster; existing: the one KUBECONFIG points to, never changed by up.sh or down.sh
# LOTSE_CLUSTER_STATE   folder of our own cluster: certificates, logs, etcd, containerd, kubelet; removed by down.sh
# XDG_CACHE_HOME        programs and images are kept below lotse/ here, by content, and survive down.sh

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lotse
STATE=${LOTSE_CLUSTER_STATE:-${XDG_STATE_HOME:-${HOME:-/root}/.local/state}/lotse/cluster}
# shellcheck disable=SC2034  # the scripts that source this file use them
POD_CIDR=10.244.0.0/16 NODE_POD_CIDR=10.244.0.0/24 SERVICE_CIDR=10.96.0.0/16 DNS_IP=10.96.0.10
# Components in the order they start. Down stops them in the reverse order.
COMPONENTS=(etcd apiserver controller-manager scheduler containerd kubelet proxy coredns)
# What argocd.sh and flux.sh start beside it, in the order it is stopped.
BESIDE=(argocd-server argocd-controller argocd-repo-server argocd-redis flux-helm-controller flux-source-controller)
# The rule that refuses what would leave a pod for a Service's address; up.sh says why.
UNTRANSLATED=(-d "$SERVICE_CIDR" -m comment --comment lotse -j REJECT)
CTR=(ctr --address "$STATE/containerd/containerd.sock" --namespace k8s.io)
: "$HERE" "$CACHE" "${COMPONENTS[*]}" "${BESIDE[*]}" "${CTR[*]}" "${UNTRANSLATED[*]}"

say() { printf 'cluster: %s\n' "$*" >&2; }
die() { printf 'cluster: error: %s\n' "$*" >&2; exit 2; }   # 2: the reason was said

# What macOS has of these is too old, another one, or not there at all.
lacks=()
((BASH_VERSINFO[0] >= 4)) || lacks+=("bash 4 or later (this is $BASH_VERSION)")
command -v flock >/dev/null || lacks+=(flock)
[[ $(tar --version 2>/dev/null) == *GNU* ]] || lacks+=("GNU tar")
[ ${#lacks[@]} = 0 ] ||
  die "this machine lacks $(printf '%s, ' "${lacks[@]}" | sed 's/, $//'); Linux has them, and on a Mac Homebrew's bash, flock and gnu-tar (its gnubin folder) must come first in PATH"
# A command that fails where no reason is given is a bug of ours; tell at least where.
trap '[ $? = 2 ] || printf "cluster: error: %s failed at line %s: %s\n" "$0" "$LINENO" "$BASH_COMMAND" >&2' ERR

# duration SECONDS: as a person says it
duration() { if (($1 < 60)); then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi; }

# within SECONDS COMMAND...: repeats COMMAND until it succeeds; fails when the time is over
within() {
  local deadline=$((SECONDS + $1)); shift
  until "$@"; do ((SECONDS < deadline)) || return 1; sleep .2; done
}

# content FILE_OR_FOLDER...: a short hash of their names, modes and bytes
content() {
  local each
  for each; do
    if [ -d "$each" ]; then
      tar -C "$each" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=go-w -cf - .
    else
      cat "$each"
    fi
  done | sha256sum | cut -c1-16
}

# module TOOL MODULE: the folder with the sources of a module that the tool's go.mod pins, CRDs and settings of its maker among them
module() { (cd "$HERE/tools/$1" && go mod download "$2" && go list -mod=readonly -m -f '{{.Dir}}' "$2"); }

# born PID: when the kernel started it. A pid alone may by now be another process; pid and birth together never are.
born() { sed -n 's/.*) //p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
# alive COMPONENT: whether the process that up.sh started still runs
alive() {
  local pid birth
  read -r pid birth 2>/dev/null <"$STATE/log/$1.pid" && [ "$(born "$pid")" = "$birth" ] && ! grep -q '^State:\sZ' "/proc/$pid/status" 2>/dev/null
}
# stale_sockets: shims' sockets that nobody listens on any more; containerd puts all below /run, another containerd's too
stale_sockets() { find /run/containerd/s -type s 2>/dev/null | grep -vxFf <(sed -n 's,.* \(/run/containerd/s/\),\1,p' /proc/net/unix) || true; }
