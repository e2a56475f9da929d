{{/*
lotse.gate renders, as a YAML list, the init containers that keep a pod from starting before the schema is what its version needs.
Argument: the root context; in a parent chart the parent's own, or .Subcharts.ALIAS. The pod's volumes are those of lotse.app.volumes.
*/}}
{{- define "lotse.gate" -}}
{{- $found := dict "root" . -}}{{- include "lotse.app.dependency" $found -}}
{{- $pod := include "lotse.pod" (dict "root" $found.root "component" "") | fromYaml -}}
{{- include "lotse.gate.containers" (dict "root" $found.root "pod" $pod "files" false "workload" (dict "image" (include "lotse.image.application" $found.root | fromYaml))) -}}
{{- end }}

{{/*
lotse.gate.containers renders, as a YAML list, the gate and, before it, the container that copies the migrations it compares with.
Argument: dict "root" the root context, "pod" the result of lotse.pod, "workload" a map with the image and the env that gate.command gets, "files" whether the
chart makes the pod's volumes.
*/}}
{{- define "lotse.gate.containers" -}}
{{- $root := .root -}}
{{- $check := include "lotse.gate.check" $root -}}
{{- $gate := $root.Values.gate -}}
{{- $sources := include "lotse.gate.sources" . | fromYaml -}}
{{- if include "lotse.gate.check.compares" $root -}}
{{- with include "lotse.source.initContainers" . | fromYamlArray }}{{ toYaml . }}{{ end }}
{{- end }}
{{- if $check }}
- name: {{ include "lotse.name.container" (dict "root" $root "name" "gate") }}
  {{- if eq $check "command" }}
  {{- include "lotse.image.fields" (dict "root" .root "image" .workload.image) | nindent 2 }}
  command:
    {{- toYaml $gate.command | nindent 4 }}
  env:
    {{- include "lotse.workload.env" . | nindent 4 }}
  {{- include "lotse.container" (dict "root" $root "pod" .pod "own" false "mounts" (include "lotse.workload.pod.volumeMounts" $root | fromYamlArray) "resources" $gate.resources) | nindent 2 }}
  {{- else }}
  {{- include "lotse.image.fields" (dict "root" $root "image" $root.Values.image) | nindent 2 }}
  args:
    {{- include "lotse.gate.arguments" $root | nindent 4 }}
  env:
    {{- toYaml $sources.env | nindent 4 }}
  {{- include "lotse.container" (dict "root" $root "pod" .pod "own" true "mounts" $sources.mounts "envFrom" $sources.envFrom "resources" $gate.resources) | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

{{/*
lotse.gate.sources renders, as YAML, the env, envFrom and mounts of Lotse in the gate, and the volumes of a pod that has it.
Argument: dict "root" the root context, "pod" the result of lotse.pod, "files" whether the chart makes the pod's volumes. A parent chart makes those of its
own pods, so what is missing is told there without waiting, and Kubernetes starts the gate again. Elsewhere the gate waits for as long as Kubernetes may
take to bring a file up to date.
*/}}
{{- define "lotse.gate.sources" -}}
{{- $root := .root -}}
{{- $mounts := include "lotse.workload.pod.volumeMounts" $root | fromYamlArray -}}
{{- if include "lotse.gate.check.compares" $root -}}
{{- $mounts = concat $mounts (include "lotse.source.volumeMounts" $root | fromYamlArray) -}}
{{- end -}}
{{- if include "lotse.gate.check.reads" $root -}}
{{- $mounts = concat $mounts (include "lotse.token.volumeMount" $root | fromYamlArray) -}}
{{- end -}}
{{- $env := include "lotse.gate.env" $root | fromYamlArray -}}
{{- $volumes := include "lotse.workload.pod.volumes" (dict "root" $root "gate" true) | fromYamlArray -}}
{{- include "lotse.sources" (dict "root" $root "env" $env "envFrom" $root.Values.config.envFrom "volumes" $volumes "mounts" $mounts "before" .pod.initContainers "files" .files "wait" (ternary "90s" "" .files)) -}}
{{- end }}

{{/*
lotse.gate.arguments renders, as a YAML list, the arguments of Lotse in the gate.
Argument: the root context. A missing Job has been deleted after it finished, except in job mode, where it may appear a moment after the pods.
*/}}
{{- define "lotse.gate.arguments" -}}
{{- if .Values.gate.migrate -}}
- up
{{- else if eq (include "lotse.gate.check" .) "job" -}}
- wait
- --job={{ include "lotse.migrator.name" . }}
- --run={{ include "lotse.migrator.name.run" . }}
- --absent-after={{ ternary "30s" "5s" (eq (include "lotse.mode" .) "job") }}
{{- if include "lotse.engine.foreign" . }}
- --no-database
{{- end }}
{{- else -}}
- wait
{{- end }}
{{- end }}
