{{/*
lotse.migrator.job.spec renders the spec of the migrator's Job, for hook mode, job mode and the Job on demand.
Argument: dict "root" the root context, "owner" hook or release.
*/}}
{{- define "lotse.migrator.job.spec" -}}
{{- $root := .root -}}
{{- $pod := include "lotse.migrator.pod" $root | fromYaml -}}
completions: 1
parallelism: 1
backoffLimit: {{ $root.Values.migrations.retries }}
activeDeadlineSeconds: {{ include "lotse.migrator.budgets.job" $root }}
{{- with $root.Values.migrations.keepFor }}
ttlSecondsAfterFinished: {{ include "lotse.duration.seconds" . }}
{{- end }}
# A retry starts only after the old pod is gone, so that two pods never run at once.
podReplacementPolicy: Failed
podFailurePolicy:
  rules:
    {{- include "lotse.migrator.failure.rules" $root | nindent 4 }}
template:
  metadata:
    labels:
      {{- include "lotse.labels.pod" (dict "root" $root "component" "migrator" "pod" $pod) | nindent 6 }}
    annotations:
      {{- $disruption := dict "karpenter.sh/do-not-disrupt" "true" "cluster-autoscaler.kubernetes.io/safe-to-evict" "false" }}
      {{- range $key, $value := $pod.annotations }}{{ $_ := set $disruption $key $value }}{{ end }}
      {{- toYaml $disruption | nindent 6 }}
  spec:
    restartPolicy: Never
    serviceAccountName: {{ include "lotse.migrator.owner.serviceAccountName" . | quote }}
    terminationGracePeriodSeconds: 30
    {{- include "lotse.pod.spec" $pod | nindent 4 }}
    {{- with include "lotse.migrator.containers.init" (dict "root" $root "owner" .owner "pod" $pod) | fromYamlArray }}
    initContainers:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    containers:
      {{- include "lotse.migrator.containers" (dict "root" $root "owner" .owner "pod" $pod) | nindent 6 }}
    {{- with (include "lotse.migrator.sources" (dict "root" $root "owner" .owner "pod" $pod) | fromYaml).volumes }}
    volumes:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}

{{/*
lotse.migrator.job.outputLog renders true when Helm should print the migrator's log, or nothing.
Argument: the root context. The annotation for it crashes Flux's helm-controller (fluxcd/helm-controller#1562), hence "auto".
*/}}
{{- define "lotse.migrator.job.outputLog" -}}
{{- $wanted := .Values.migrations.outputLog -}}
{{- $flux := .Capabilities.APIVersions.Has "helm.toolkit.fluxcd.io/v2" -}}
{{- if or (eq $wanted "always") (and (eq $wanted "auto") (not $flux)) -}}true{{- end -}}
{{- end }}
