{{/*
lotse.finisher.rollout.env renders, as a YAML list, which rollout Lotse has to see complete, and how long it waits for that.
Argument: a root context of lotse.finisher.as.
*/}}
{{- define "lotse.finisher.rollout.env" -}}
{{- $selector := list -}}
{{- range $key, $value := .Values.finish.selector -}}{{- $selector = append $selector (printf "%s=%s" $key (tpl $value $)) -}}{{- end -}}
{{- $settings := dict "LOTSE_ROLLOUT" (join "," .Values.finish.deployments) "LOTSE_ROLLOUT_SELECTOR" (join "," $selector) "LOTSE_ROLLOUT_VERSION" .Values.finish.version "LOTSE_ROLLOUT_TIMEOUT" .Values.finish.timeout "LOTSE_SOAK" .Values.finish.soak -}}
{{- range $name, $value := $settings }}
{{- if $value }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
- name: LOTSE_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- end }}

{{/*
lotse.finisher.rollout.container renders, as a YAML list, the init container that lets a task begin once the rollout is complete and has soaked.
Argument: dict "root" a root context of lotse.finisher.as, "owner" release, "pod" the result of lotse.migrator.pod. It needs no database.
*/}}
{{- define "lotse.finisher.rollout.container" -}}
{{- $sources := include "lotse.migrator.sources" . | fromYaml -}}
- name: rollout
  {{- include "lotse.image.fields" (dict "root" .root "image" .root.Values.image) | nindent 2 }}
  args: [finish, --rollout-only]
  env:
    {{- include "lotse.engine.env" .root | nindent 4 }}
    {{- include "lotse.finisher.rollout.env" .root | nindent 4 }}
    {{- include "lotse.env.nodeOptions" dict | nindent 4 }}
  {{- include "lotse.container" (dict "root" .root "pod" .pod "own" true "mounts" (include "lotse.token.volumeMount" .root | fromYamlArray) "envFrom" $sources.envFrom "resources" .root.Values.finish.resources) | nindent 2 }}
{{- end }}

{{/*
lotse.finisher.rollout.rules renders, as a YAML list, which failures of that container are final: Lotse's own verdicts.
Argument: none.
*/}}
{{- define "lotse.finisher.rollout.rules" -}}
- action: FailJob
  onExitCodes:
    containerName: rollout
    operator: In
    values: [20, 21, 22, 23, 24, 25, 26, 27, 28, 29]
{{- end }}

{{/*
lotse.finisher.rollout.seconds renders how many seconds that container may take: to see the rollout complete before and after its soak.
Argument: a root context of lotse.finisher.as.
*/}}
{{- define "lotse.finisher.rollout.seconds" -}}
{{- add (mul 2 (include "lotse.duration.seconds" .Values.finish.timeout | atoi)) (include "lotse.duration.seconds" .Values.finish.soak | atoi) -}}
{{- end }}
