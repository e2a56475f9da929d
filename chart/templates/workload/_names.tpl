{{/*
lotse.workload.filesName renders the name of the workloads' ConfigMap with config.files.
Argument: the root context.
*/}}
{{- define "lotse.workload.filesName" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "files") -}}
{{- end }}

{{/*
lotse.workload.secretName renders the name of the workloads' Secret with the inline database URL.
Argument: the root context.
*/}}
{{- define "lotse.workload.secretName" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "database") -}}
{{- end }}

{{/*
lotse.workload.serviceAccountName renders the name of the ServiceAccount that all workloads run as.
Argument: the root context.
*/}}
{{- define "lotse.workload.serviceAccountName" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "") -}}
{{- end }}
