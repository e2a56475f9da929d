{{/*
lotse.migrator.job.spec renders the spec of the migrator's Job, for hook mode, job mode and the Job on demand, or of one of the Jobs around it.
Argument: dict "root" the root context, "owner" hook or release, "part" ready for the Job of lotse.migrator.ready, finisher for the finisher's, task for
that of a task after the rollout; for the latter two the root context is one of lotse.finisher.as.
*/}}
{{- define "lotse.migrator.job.spec" -}}
{{- $root := .root -}}
{{- $part := .part | default "" -}}
{{- $component := ternary "finisher" "migrator" (has $part (list "finisher" "task")) -}}
{{- $pod := include "lotse.migrator.pod" (dict "root" $root "component" $component) | fromYaml -}}
{{- $given := dict "root" $root "owner" .owner "pod" $pod "part" $part -}}
{{- $ready := eq $part "ready" -}}
{{- $seconds := include "lotse.migrator.budgets.job" $root -}}
{{- if eq $part "task" -}}{{- $seconds = add $seconds (include "lotse.finisher.rollout.seconds" $root | atoi) -}}{{- end -}}
{{- $init := $pod.initContainers -}}
{{- $containers := list -}}
{{- $volumes := list -}}
{{- if $ready -}}
{{- $containers = include "lotse.migrator.ready.containers" $given | fromYamlArray -}}
{{- $volumes = include "lotse.migrator.ready.volumes" $given | fromYamlArray -}}
{{- else -}}
{{- $init = include "lotse.migrator.containers.init" $given | fromYamlArray -}}
{{- $containers = include "lotse.migrator.containers" $given | fromYamlArray -}}
{{- $volumes = include "lotse.migrator.sources.volumes" $given | fromYamlArray -}}
{{- end -}}
completions: 1
parallelism: 1
backoffLimit: {{ $root.Values.migrations.retries }}
activeDeadlineSeconds: {{ $seconds }}
{{- with $root.Values.migrations.keepFor }}
ttlSecondsAfterFinished: {{ include "lotse.duration.seconds" . }}
{{- end }}
# A retry starts only after the old pod is gone, so that two pods never run at once.
podReplacementPolicy: Failed
podFailurePolicy:
  rules:
    {{- if $ready }}{{ include "lotse.migrator.ready.rules" $root | nindent 4 }}{{ else }}{{ include "lotse.migrator.failure.rules" $root | nindent 4 }}{{ end }}
    {{- if eq $part "task" }}{{ include "lotse.finisher.rollout.rules" dict | nindent 4 }}{{ end }}
template:
  metadata:
    labels:
      {{- include "lotse.labels.pod" (dict "root" $root "component" $component "pod" $pod) | nindent 6 }}
    annotations:
      {{- $disruption := dict "karpenter.sh/do-not-disrupt" "true" "cluster-autoscaler.kubernetes.io/safe-to-evict" "false" }}
      {{- range $key, $value := $pod.annotations }}{{ $_ := set $disruption $key $value }}{{ end }}
      {{- toYaml $disruption | nindent 6 }}
  spec:
    restartPolicy: Never
    serviceAccountName: {{ ternary (include "lotse.migrator.owner.serviceAccountName" .) (include "lotse.finisher.serviceAccountName" $root) (eq $component "migrator") | quote }}
    terminationGracePeriodSeconds: 30
    {{- include "lotse.pod.spec" $pod | nindent 4 }}
    {{- with $init }}
    initContainers:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    containers:
      {{- toYaml $containers | nindent 6 }}
    {{- with $volumes }}
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
