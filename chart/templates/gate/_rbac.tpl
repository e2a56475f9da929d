{{/*
lotse.gate.rbac.name renders the name of the gate's Role and RoleBinding.
Argument: the root context.
*/}}
{{- define "lotse.gate.rbac.name" -}}
{{- include "lotse.name.object" (dict "root" . "suffix" "gate") -}}
{{- end }}

{{/*
lotse.gate.rbac.accounts renders, as a JSON list, the ServiceAccounts that may read the Job: of workloads that have the gate, and gate.serviceAccounts.
Argument: the root context.
*/}}
{{- define "lotse.gate.rbac.accounts" -}}
{{- $accounts := list -}}
{{- if include "lotse.gate.check.reads" . -}}
{{- $accounts = .Values.gate.serviceAccounts | default list -}}
{{- range .Values.workloads -}}
{{- if include "lotse.workload.gated" (dict "root" $ "workload" .) -}}
{{- $accounts = append $accounts (include "lotse.workload.names.serviceAccount" (dict "root" $ "workload" .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $accounts | uniq | sortAlpha | toJson -}}
{{- end }}
