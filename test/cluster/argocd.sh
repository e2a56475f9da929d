#!/usr/bin/env bash
# Brings up Argo CD beside the cluster of up.sh: application controller, repo server, API server and Redis, as processes on this machine.
# What nothing here needs is left out: user interface, application sets, notifications, logins.
#
# Usage: eval "$(argocd.sh)"   standard output is what to export, so that `argocd` is on PATH and speaks to that API server
# Does nothing if it is up; down.sh takes it down with the cluster.
# An Application lives in the namespace argocd, project default. Its destination is https://kubernetes.default.svc, its source any
# git repository that this machine can read, a bare one in a folder too: file:///FOLDER. Helm 3 renders it, as in Argo CD 3.2 itself.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
# shellcheck source=processes.sh
. "$HERE/processes.sh"
beside_our_own "Argo CD"
parts=(argocd-redis argocd-repo-server argocd-controller argocd-server) redis=127.0.0.1:16379 repo=127.0.0.1:18081 server=127.0.0.1:18085
metrics=18082 repo_metrics=18084 server_metrics=18086
bin=$("$HERE/build.sh" --path argocd) helm=$("$HERE/build.sh" --path helm3)
# shellcheck disable=SC2016  # the caller's PATH
printf 'export ARGOCD_SERVER=%s ARGOCD_OPTS=--plaintext ARGOCD_CONFIG_DIR=%q PATH=%q:"$PATH"\n' "$server" "$STATE/argocd/client" "$bin"
mkdir -p "$CACHE"; exec 9>"$CACHE/cluster.lock"; flock 9   # one up or down at a time
if all_alive "${parts[@]}"; then say "Argo CD is already up"; exit; fi
for part in "${parts[@]}"; do stop "$part"; done
for port in "${redis#*:}" "${repo#*:}" "${server#*:}" $metrics $repo_metrics $server_metrics; do vacant "$port" "Argo CD" "Stop that and run argocd.sh again."; done

began=$SECONDS module=$(module argocd github.com/argoproj/argo-cd/v3)
cd "$STATE"; mkdir -p argocd/{ssh,tls,gpg,tmp,client}
say "starting Argo CD ${module##*@} …"
kubectl create namespace argocd --dry-run=client -o yaml | quietly kubectl apply -f -
quietly kubectl apply --server-side --filename="$module"/manifests/crds/{application,appproject,applicationset}-crd.yaml
settings=("$module"/manifests/base/config/argocd-*.yaml)
quietly kubectl --namespace argocd apply --server-side "${settings[@]/#/--filename=}"
quietly kubectl --namespace argocd patch secret argocd-secret --patch '{"stringData": {"server.secretkey": "test"}}'
quietly kubectl wait --for=condition=Established crd/appprojects.argoproj.io crd/applications.argoproj.io --timeout=30s
quietly kubectl apply -f - <<'YAML'
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: default, namespace: argocd}
spec: {sourceRepos: ['*'], destinations: [{namespace: '*', server: '*'}], clusterResourceWhitelist: [{group: '*', kind: '*'}]}
YAML

# ARGOCD_FAKE_IN_CLUSTER: https://kubernetes.default.svc is the cluster of our kubeconfig. Nothing is read from or written to the user's home.
export ARGOCD_FAKE_IN_CLUSTER=true ARGOCD_GPG_ENABLED=false ARGOCD_SSH_DATA_PATH=$STATE/argocd/ssh ARGOCD_TLS_DATA_PATH=$STATE/argocd/tls
export ARGOCD_GNUPGHOME=$STATE/argocd/gpg HOME=$STATE/argocd TMPDIR=$STATE/argocd/tmp PATH=$helm:$PATH
start argocd-redis redis-server --bind "${redis%:*}" --port "${redis#*:}" --save '' --dir "$STATE/argocd"
await argocd-redis 20 redis-cli -h "${redis%:*}" -p "${redis#*:}" ping
start argocd-repo-server env ARGOCD_BINARY_NAME=argocd-repo-server "$bin/argocd" --redis "$redis" --disable-tls --address "${repo%:*}" --port "${repo#*:}" \
  --metrics-address 127.0.0.1 --metrics-port $repo_metrics --logformat text
start argocd-controller env ARGOCD_BINARY_NAME=argocd-application-controller "$bin/argocd" --kubeconfig "$KUBECONFIG" --namespace argocd \
  --redis "$redis" --repo-server "$repo" --repo-server-plaintext --metrics-port $metrics --logformat text
start argocd-server env ARGOCD_BINARY_NAME=argocd-server "$bin/argocd" --kubeconfig "$KUBECONFIG" --namespace argocd --redis "$redis" \
  --repo-server "$repo" --repo-server-plaintext --insecure --disable-auth --address "${server%:*}" --port "${server#*:}" \
  --metrics-address 127.0.0.1 --metrics-port $server_metrics --logformat text
await argocd-repo-server 60 answers "http://127.0.0.1:$repo_metrics/healthz?full=true"
await argocd-controller 60 answers "http://127.0.0.1:$metrics/healthz"
await argocd-server 60 answers "http://$server/healthz"
say "Argo CD ready after $((SECONDS - began)) s"
