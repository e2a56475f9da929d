{{/*
lotse.workload.filesName renders the name of the workloads' ConfigMap with config.files.
Argument: the root context.
*/}}
{{- define "lotse.workload.filesName" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "files") -}}
{{- end }}

{{/*
lotse.workload.migrationsName renders the name of the ConfigMap with migrations.source.files that the gate compares with.
Argument: the root context.
*/}}
{{- define "lotse.workload.migrationsName" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "migrations") -}}
{{- end }}

{{/*
lotse.workload.secretName renders the name of the workloads' Secret with the inline database URL.
Argument: the root context.
*/}}
{{- define "lotse.workload.secretName" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "database") -}}
{{- end }}

{{/*
lotse.workload.serviceAccountName renders the name of the ServiceAccount that a workload runs as: its own, or the one all workloads share.
Argument: dict "root" the root context, "workload" an entry of `workloads`.
*/}}
{{- define "lotse.workload.serviceAccountName" -}}
{{- .workload.serviceAccountName | default (include "lotse.objectName" (dict "root" .root "suffix" "")) -}}
{{- end }}

{{/*
lotse.workload.gated renders true when a workload's pods have the gate, or nothing.
Argument: dict "root" the root context, "workload" an entry of `workloads`. false is a value.
*/}}
{{- define "lotse.workload.gated" -}}
{{- if and .root.Values.gate.enabled (ternary .workload.gate true (hasKey .workload "gate")) -}}true{{- end -}}
{{- end }}

{{/*
lotse.workload.needed renders true when pods of the application use objects of this chart: its own workloads, or those of a parent chart.
Argument: the root context.
*/}}
{{- define "lotse.workload.needed" -}}
{{- if or .Values.workloads (not .Chart.IsRoot) -}}true{{- end -}}
{{- end }}
