{{/*
lotse.gate.check renders how the gate finds out: database, job, or command; nothing when there is no gate.
Argument: the root context. What a foreign migrator has applied is not in Lotse's history, so the database cannot be asked for it.
*/}}
{{- define "lotse.gate.check" -}}
{{- if .Values.gate.enabled -}}
{{- if .Values.gate.check -}}{{ .Values.gate.check }}
{{- else if .Values.gate.command -}}command
{{- else if include "lotse.foreign" . -}}job
{{- else -}}database
{{- end -}}
{{- end -}}
{{- end }}

{{/*
lotse.gate.compares renders true when the gate compares the history with migrations of its own, or nothing.
Argument: the root context.
*/}}
{{- define "lotse.gate.compares" -}}
{{- if and (has (include "lotse.gate.check" .) (list "database" "job")) (not (include "lotse.foreign" .)) -}}true{{- end -}}
{{- end }}

{{/*
lotse.gate.reads renders true when the gate reads the Job, for which it needs a Role, or nothing.
Argument: the root context.
*/}}
{{- define "lotse.gate.reads" -}}
{{- if eq (include "lotse.gate.check" .) "job" -}}true{{- end -}}
{{- end }}

{{/*
lotse.gate.accounts renders, as a JSON list, the ServiceAccounts that may read the Job: of workloads that have the gate, and gate.serviceAccounts.
Argument: the root context.
*/}}
{{- define "lotse.gate.accounts" -}}
{{- $accounts := list -}}
{{- if include "lotse.gate.reads" . -}}
{{- $accounts = .Values.gate.serviceAccounts | default list -}}
{{- range .Values.workloads -}}
{{- if include "lotse.workload.gated" (dict "root" $ "workload" .) -}}
{{- $accounts = append $accounts (include "lotse.workload.serviceAccountName" (dict "root" $ "workload" .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $accounts | uniq | sortAlpha | toJson -}}
{{- end }}

{{/*
lotse.gate.name renders the name of the gate's Role and RoleBinding.
Argument: the root context.
*/}}
{{- define "lotse.gate.name" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "gate") -}}
{{- end }}
