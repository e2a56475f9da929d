#!/usr/bin/env bash
# Builds the programs of the test cluster, and other migration tools, from Go modules, as their makers do, and keeps them by content.
#
# Usage: build.sh TOOL...          builds what is not in the cache; instant and silent when everything is
#        build.sh --path TOOL...   also prints the folder of each tool's programs, one per line, to put on PATH
#
# A tool is a folder tools/TOOL with go.mod and go.sum (pinned): either `tool` directives name the programs, or main.go is
# the program. To add one, add its folder, and below its RENAME, NAMES, LDFLAGS or TAGS if it needs any. Each tool has a folder of its own
# in the cache, so both programs called `helm` are in helm3/ and helm4/.
# Cold on 2 cores: Kubernetes 4 min, Argo CD and Flux about 3 min each, Helm 4 1.5 min, Helm 3 and helm-unittest under 1 min each; goose and golang-migrate 10 s.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"

# PROGRAM=NAME: `go build` calls a program after its package, which for these says nothing
declare -A RENAME=([argocd]='cmd=argocd')
# A program that is several: it looks at the name it was called by
declare -A NAMES=([kubernetes]='etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl coredns')
# Without its version Kubernetes calls itself v0.0.0 and clients refuse features.
V=k8s.io/component-base/version
declare -A LDFLAGS=([kubernetes]="-X $V.gitVersion=@k8s.io/kubernetes@ -X $V.gitMajor=1 -X $V.gitMinor=35 -X $V.gitTreeState=clean -X $V.gitCommit=0 -X $V.buildDate=2026-01-01T00:00:00Z"
  [helm4]='-X helm.sh/helm/v4/internal/version.version=@helm.sh/helm/v4@'
  # helm template assumes this Kubernetes; without it v1.20, which the chart refuses
  [helm3]='-X helm.sh/helm/v3/internal/version.version=@helm.sh/helm/v3@ -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=35')
# Without these goose has a driver for every database it knows, and golang-migrate none.
declare -A TAGS=([goose]='no_clickhouse,no_libsql,no_mssql,no_mysql,no_sqlite3,no_vertica,no_ydb' [golang-migrate]=postgres)
# No C; nothing for a debugger, which -s -w would throw away only after it was made; and compilers, which live for seconds, collect no garbage.
BUILD=(env CGO_ENABLED=0 GOGC=off GOMEMLIMIT=2GiB go build -mod=readonly -trimpath -gcflags=all=-dwarf=false)

folder() { # folder TOOL: where its programs are or will be; the hash covers the module, how it is built, and with which Go
  echo "$CACHE/bin/$1-$( (content "$HERE/tools/$1"; echo "${BUILD[*]} ${RENAME[$1]-} ${NAMES[$1]-} ${LDFLAGS[$1]-}${TAGS[$1]:+ ${TAGS[$1]}}"; go version) | sha256sum | cut -c1-16)"
}

build() { # build TOOL INTO
  local tool=$1 into=$2 work log=$CACHE/bin/$1.log last=$CACHE/bin/$1.seconds began=$SECONDS what count ldflags rename name module version
  exec 9>"$CACHE/bin/$tool.lock"; flock 9   # two builds of the same tool: the second waits and finds it done
  [ ! -d "$into" ] || return 0
  cd "$HERE/tools/$tool"
  if [ -f main.go ]; then what=. count=1; else what=tool count=$(awk '/^tool \(/ {b = 1; next} /^\)/ {b = 0} b || /^tool / {n++} END {print n + 0}' go.mod); fi
  say "building $tool ($count program$([ "$count" = 1 ] || echo s)$([ ! -f "$last" ] || echo "; last time $(duration "$(cat "$last")")")) …"
  ldflags=${LDFLAGS[$tool]-}
  if [[ $ldflags == *@*@* ]]; then   # @MODULE@ stands for the version that go.mod pins
    module=${ldflags#*@}; module=${module%%@*}
    version=$(awk -v m="$module" '$1 == m {print $2; exit} $2 == m {print $3; exit}' go.mod); ldflags=${ldflags//@$module@/$version}
  fi
  work=$(mktemp -d "$into.XXXXXX")
  if ! "${BUILD[@]}" ${TAGS[$tool]:+-tags "${TAGS[$tool]}"} -ldflags "-s -w $ldflags" -o "$work/" "$what" >"$log" 2>&1; then
    rm -rf "$work"; tail -n 20 "$log" >&2
    die "$tool did not build; the lines above are the end of $log. If a module could not be fetched, check that this machine reaches a Go module proxy (go env GOPROXY) and run it again."
  fi
  for rename in ${RENAME[$tool]-}; do mv "$work/${rename%=*}" "$work/${rename#*=}"; done
  for name in ${NAMES[$tool]-}; do ln -s "$tool" "$work/$name"; done
  chmod 755 "$work"; mv -T "$work" "$into"; echo $((SECONDS - began)) >"$last"
  # shellcheck disable=SC2012  # the names are ours; half a gigabyte each, so only this and the one before are kept
  ls -dt "$CACHE/bin/$tool"-???????????????? | tail -n +3 | xargs -r rm -rf
  say "built $tool in $(duration $((SECONDS - began)))"
}

show=
if [ "${1-}" = --path ]; then show=1; shift; fi
[ $# -gt 0 ] || die "name what to build: build.sh [--path] TOOL...; there is: $(cd "$HERE/tools" && echo *)"
for tool; do [ -f "$HERE/tools/$tool/go.mod" ] || die "there is no tool '$tool'; there is: $(cd "$HERE/tools" && echo *)"; done
command -v go >/dev/null || die "Go is not installed, and the cluster's programs are built from source; install Go 1.26 or later"
mkdir -p "$CACHE/bin"
building=() built=() running=0 status=0
# shellcheck disable=SC2329  # the traps run it
stop() { local each; for each in "${building[@]}"; do kill -TERM -- "-$each" 2>/dev/null || true; done; exit "$1"; }
trap 'stop 130' INT; trap 'stop 143' TERM; trap 'stop 129' HUP
for tool; do
  into=$(folder "$tool"); built+=("$into")
  [ ! -d "$into" ] || continue
  # Two side by side, since compilers wait for the packages they need and a linker uses one processor; each in a process group to be ended with.
  if [ $running = 2 ]; then wait -n || status=2; running=1; fi
  set -m; build "$tool" "$into" & building+=($!); set +m; running=$((running + 1))
done
while [ $running -gt 0 ]; do wait -n || status=2; running=$((running - 1)); done
[ $status = 0 ] || exit $status
[ -z "$show" ] || printf '%s\n' "${built[@]}"
