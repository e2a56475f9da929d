{{/*
lotse.workload.gated renders true when a workload's pods have the gate, or nothing.
Argument: dict "root" the root context, "workload" an entry of `workloads`.
*/}}
{{- define "lotse.workload.gated" -}}
{{- if and .root.Values.gate.enabled (dig "gate" true .workload) -}}true{{- end -}}
{{- end }}

{{/*
lotse.workload.needed renders true when pods of the application use objects of this chart: its own workloads, or those of a parent chart.
Argument: the root context.
*/}}
{{- define "lotse.workload.needed" -}}
{{- if or .Values.workloads (not .Chart.IsRoot) -}}true{{- end -}}
{{- end }}
