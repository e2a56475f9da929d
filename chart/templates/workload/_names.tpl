{{/*
lotse.workload.names.files renders the name of the workloads' ConfigMap with config.files.
Argument: the root context.
*/}}
{{- define "lotse.workload.names.files" -}}
{{- include "lotse.name.object" (dict "root" . "suffix" "files") -}}
{{- end }}

{{/*
lotse.workload.names.migrations renders the name of the ConfigMap with migrations.source.files that the gate compares with.
Argument: the root context.
*/}}
{{- define "lotse.workload.names.migrations" -}}
{{- include "lotse.name.object" (dict "root" . "suffix" "migrations") -}}
{{- end }}

{{/*
lotse.workload.names.secret renders the name of the workloads' Secret with the inline database URL.
Argument: the root context.
*/}}
{{- define "lotse.workload.names.secret" -}}
{{- include "lotse.name.object" (dict "root" . "suffix" "database") -}}
{{- end }}

{{/*
lotse.workload.names.serviceAccount renders the name of the ServiceAccount that a workload runs as: its own, or the one all workloads share.
Argument: dict "root" the root context, "workload" an entry of `workloads`.
*/}}
{{- define "lotse.workload.names.serviceAccount" -}}
{{- .workload.serviceAccountName | default (include "lotse.name.object" (dict "root" .root "suffix" "")) -}}
{{- end }}
