{{/*
lotse.gate.env renders the environment of Lotse in the gate: Lotse's settings, then the database, then config.env.
Argument: the root context. The gate logs in as the workloads do.
*/}}
{{- define "lotse.gate.env" -}}
{{- $own := include "lotse.engine.env" . | fromYamlArray -}}
{{- $own = append $own (dict "name" "LOTSE_TIMEOUT" "value" .Values.gate.timeout) -}}
{{- if .Values.gate.migrate -}}
{{- $own = append $own (dict "name" "LOTSE_LOCK_WAIT" "value" .Values.gate.timeout) -}}
{{- $own = concat $own (include "lotse.engine.upEnv" . | fromYamlArray) -}}
{{- end -}}
{{- if include "lotse.gate.check.reads" . -}}
{{- $own = append $own (dict "name" "LOTSE_NAMESPACE" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.namespace"))) -}}
{{- end -}}
{{- $own = concat $own (include "lotse.workload.env" (dict "root" . "workload" dict) | fromYamlArray) -}}
{{- include "lotse.env" (concat $own (include "lotse.env.nodeOptions" dict | fromYamlArray)) -}}
{{- end }}
