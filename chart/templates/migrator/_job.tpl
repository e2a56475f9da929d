{{/*
lotse.migrator.jobSpec renders the spec of the migrator's Job: of the hook, of mode job and of the Job on demand.
Argument: dict "root" the root context, "owner" hook or release.
*/}}
{{- define "lotse.migrator.jobSpec" -}}
{{- $root := .root -}}
{{- $budgets := include "lotse.migrator.budgets" $root | fromYaml -}}
{{- $pod := include "lotse.migrator.pod" $root | fromYaml -}}
completions: 1
parallelism: 1
backoffLimit: {{ $root.Values.migrations.retries }}
activeDeadlineSeconds: {{ int $budgets.job }}
{{- with $root.Values.migrations.keepFor }}
ttlSecondsAfterFinished: {{ include "lotse.seconds" . }}
{{- end }}
# A replacement starts only when the old pod is gone, so that a retry does not meet its predecessor.
podReplacementPolicy: Failed
podFailurePolicy:
  rules:
    {{- include "lotse.migrator.failureRules" $root | nindent 4 }}
template:
  metadata:
    labels:
      {{- include "lotse.podLabels" (dict "root" $root "component" "migrator" "pod" $pod) | nindent 6 }}
    annotations:
      {{- $disruption := dict "karpenter.sh/do-not-disrupt" "true" "cluster-autoscaler.kubernetes.io/safe-to-evict" "false" }}
      {{- range $key, $value := $pod.annotations }}{{ $_ := set $disruption $key $value }}{{ end }}
      {{- toYaml $disruption | nindent 6 }}
  spec:
    restartPolicy: Never
    serviceAccountName: {{ include "lotse.migrator.serviceAccountName" . | quote }}
    terminationGracePeriodSeconds: 30
    {{- include "lotse.podSpec" $pod | nindent 4 }}
    {{- with include "lotse.migrator.initContainers" (dict "root" $root "owner" .owner "pod" $pod) | fromYamlArray }}
    initContainers:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    containers:
      {{- include (ternary "lotse.migrator.foreignContainer" "lotse.migrator.container" (eq (include "lotse.foreign" $root) "true")) (dict "root" $root "owner" .owner "pod" $pod) | nindent 6 }}
    {{- with include "lotse.migrator.volumes" (dict "root" $root "owner" .owner) | fromYamlArray }}
    volumes:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}

{{/*
lotse.migrator.pod renders, as YAML, the settings of the migrator's pod.
Argument: the root context.
*/}}
{{- define "lotse.migrator.pod" -}}
{{- $override := deepCopy (.Values.migrations.pod | default dict) -}}
{{- range $field, $marks := include "lotse.migrator.mesh" . | fromYaml -}}
{{- range $key, $value := get $override $field | default dict -}}{{- $_ := set $marks $key $value -}}{{- end -}}
{{- $_ := set $override $field $marks -}}
{{- end -}}
{{- $pod := include "lotse.pod" (dict "root" . "component" "migrator" "override" $override) | fromYaml -}}
{{- $_ := set $pod "imagePullSecrets" (concat ($pod.imagePullSecrets | default list) (.Values.image.pullSecrets | default list) | uniq) -}}
{{- toYaml $pod -}}
{{- end }}

{{/*
lotse.migrator.mesh renders, as YAML, the labels and annotations by which the migrator's pod joins a service mesh or stays outside.
Argument: the root context. They win over `pod`, which is for all pods, and yield to migrations.pod.
*/}}
{{- define "lotse.migrator.mesh" -}}
{{- if eq .Values.migrations.mesh "native" -}}
labels: {sidecar.istio.io/inject: "true"}
annotations: {sidecar.istio.io/nativeSidecar: "true", linkerd.io/inject: enabled, config.beta.linkerd.io/proxy-enable-native-sidecar: "true"}
{{- else if eq .Values.migrations.mesh "outside" -}}
labels: {sidecar.istio.io/inject: "false"}
annotations: {linkerd.io/inject: disabled}
{{- end -}}
{{- end }}

{{/*
lotse.migrator.volumes renders, as a YAML list, the volumes of the migrator's pod.
Argument: dict "root" the root context, "owner" hook or release.
*/}}
{{- define "lotse.migrator.volumes" -}}
{{- $files := include "lotse.migrator.objectName" (dict "root" .root "owner" .owner "suffix" "files") -}}
{{- $migrations := include "lotse.migrator.objectName" (dict "root" .root "owner" .owner "suffix" "migrations") -}}
{{- $volumes := include "lotse.volumes" (dict "root" .root "database" (include "lotse.migrator.database" .root | fromYaml) "files" $files) | fromYamlArray -}}
{{- if eq (include "lotse.foreign" .root) "true" -}}
{{- $volumes = append $volumes (dict "name" "lotse-guard" "emptyDir" dict) -}}
{{- else -}}
{{- $volumes = concat $volumes (include "lotse.source.volumes" (dict "root" .root "files" $migrations) | fromYamlArray) -}}
{{- if .root.Values.migrations.events -}}
{{- $volumes = concat $volumes (include "lotse.token.volume" .root | fromYamlArray) -}}
{{- end -}}
{{- end -}}
{{- concat $volumes (.root.Values.migrations.volumes | default list) | toYaml -}}
{{- end }}
