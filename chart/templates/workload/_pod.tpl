{{/*
lotse.workload.pod.checksum renders a hash of what a pod uses from objects of this chart, so that a change rolls the pods.
Argument: the root context.
*/}}
{{- define "lotse.workload.pod.checksum" -}}
{{- list .Values.config.files .Values.database.url .Values.migrations.source.files (include "lotse.postgres.password" .) | toJson | sha256sum -}}
{{- end }}

{{/*
lotse.workload.pod.volumeMounts renders, as a YAML list, the mounts of a workload and its gate.
Argument: the root context.
*/}}
{{- define "lotse.workload.pod.volumeMounts" -}}
{{- include "lotse.config.volumeMounts" (dict "root" . "database" (include "lotse.database" . | fromYaml)) -}}
{{- end }}

{{/*
lotse.workload.pod.volumes renders, as a YAML list, the volumes of a workload's pod.
Argument: dict "root" the root context, "gate" whether the pod has the gate.
*/}}
{{- define "lotse.workload.pod.volumes" -}}
{{- $volumes := include "lotse.config.volumes" (dict "root" .root "database" (include "lotse.database" .root | fromYaml) "files" (include "lotse.workload.names.files" .root)) | fromYamlArray -}}
{{- if and .gate (include "lotse.gate.check.compares" .root) -}}
{{- $volumes = concat $volumes (include "lotse.source.volumes" (dict "root" .root "files" (include "lotse.workload.names.migrations" .root)) | fromYamlArray) -}}
{{- end -}}
{{- if and .gate (include "lotse.gate.check.reads" .root) -}}
{{- $volumes = concat $volumes (include "lotse.token.volume" .root | fromYamlArray) -}}
{{- end -}}
{{- toYaml $volumes -}}
{{- end }}

{{/*
lotse.workload.pod.initContainers renders, as a YAML list, the init containers of a workload's pod: those of `pod` (for example a database proxy), then the gate.
Argument: dict "root" the root context, "workload" an entry of `workloads`, "pod" the result of lotse.pod, "gate" whether the pod has the gate.
*/}}
{{- define "lotse.workload.pod.initContainers" -}}
{{- with .pod.initContainers }}{{ toYaml . }}{{ end }}
{{- if .gate }}
{{ include "lotse.gate.containers" (dict "root" .root "pod" .pod "workload" .workload "files" true) }}
{{- end }}
{{- end }}
