{{/*
lotse.workload.env renders a workload's environment: the database, then config.env, then its own env. Later ones override earlier ones.
Argument: dict "root" the root context, "workload" an entry of `workloads`.
*/}}
{{- define "lotse.workload.env" -}}
{{- $database := dict "database" (include "lotse.database" .root | fromYaml) "secret" (include "lotse.workload.names.secret" .root) -}}
{{- $database = include "lotse.database.env" $database | fromYamlArray -}}
{{- $shared := include "lotse.env.entries" .root.Values.config.env | fromYamlArray -}}
{{- $own := include "lotse.env.entries" .workload.env | fromYamlArray -}}
{{- include "lotse.env" (concat $database $shared $own) -}}
{{- end }}
