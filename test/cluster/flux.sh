#!/usr/bin/env bash
# Brings up Flux beside the cluster of up.sh: its helm-controller and its source-controller, as processes on this machine.
#
# Usage: eval "$(flux.sh)"   standard output is what to export: LOTSE_FLUX, the URL of the helm-controller's metrics
# Does nothing if it is up; down.sh takes it down with the cluster.
# HelmReleases and their sources work in every namespace. A source is what this machine can reach, a registry on loopback too.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
# shellcheck source=processes.sh
. "$HERE/processes.sh"
beside_our_own Flux
parts=(flux-source-controller flux-helm-controller) storage=127.0.0.1:18090 source_health=127.0.0.1:18091 health=127.0.0.1:18093 metrics=127.0.0.1:18094
echo "export LOTSE_FLUX=http://$metrics/metrics"
bin=$("$HERE/build.sh" --path flux)
mkdir -p "$CACHE"; exec 9>"$CACHE/cluster.lock"; flock 9   # one up or down at a time
if all_alive "${parts[@]}"; then say "Flux is already up"; exit; fi
for part in "${parts[@]}"; do stop "$part"; done
for address in $storage $source_health $health $metrics; do vacant "${address#*:}" Flux "Stop that and run flux.sh again."; done

began=$SECONDS helm=$(module flux github.com/fluxcd/helm-controller) source=$(module flux github.com/fluxcd/source-controller)
cd "$STATE"; mkdir -p flux/{storage,tmp}
say "starting Flux, helm-controller ${helm##*@} and source-controller ${source##*@} …"
kubectl create namespace flux-system --dry-run=client -o yaml | quietly kubectl apply -f -
quietly kubectl apply --server-side -f "$helm/config/crd/bases" -f "$source/config/crd/bases"
quietly kubectl wait --for=condition=Established crd/helmreleases.helm.toolkit.fluxcd.io crd/ocirepositories.source.toolkit.fluxcd.io --timeout=30s

# Nothing is read from or written to the user's home.
export RUNTIME_NAMESPACE=flux-system HOME=$STATE/flux TMPDIR=$STATE/flux/tmp
start flux-source-controller "$bin/source-controller" --watch-all-namespaces --enable-leader-election=false --events-addr= --metrics-addr=0 \
  --health-addr=$source_health --storage-path="$STATE/flux/storage" --storage-addr=$storage --storage-adv-addr=$storage
start flux-helm-controller "$bin/helm-controller" --watch-all-namespaces --enable-leader-election=false --events-addr= --metrics-addr=$metrics --health-addr=$health
await flux-source-controller 60 answers "http://$source_health/readyz"
await flux-helm-controller 60 answers "http://$health/readyz"
say "Flux ready after $((SECONDS - began)) s"
