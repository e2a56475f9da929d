{{/*
lotse.database renders, as YAML, where the workloads' database is: `database`, or the one that postgres.enabled starts.
Argument: the root context.
*/}}
{{- define "lotse.database" -}}
{{- if .Values.postgres.enabled -}}
{{- $name := include "lotse.postgres.name" . -}}
{{- dict "host" $name "port" 5432 "name" "app" "user" "app" "passwordSecret" (dict "name" $name "key" "password") | toYaml -}}
{{- else -}}
{{- toYaml .Values.database -}}
{{- end -}}
{{- end }}

{{/*
lotse.database.way renders how a database is set: existingSecret, host, url, several of them joined by " and ", or nothing.
Argument: a map shaped like `database`.
*/}}
{{- define "lotse.database.way" -}}
{{- $ways := list -}}
{{- if dig "existingSecret" "name" "" . -}}{{- $ways = append $ways "existingSecret" -}}{{- end -}}
{{- if .host -}}{{- $ways = append $ways "host" -}}{{- end -}}
{{- if .url -}}{{- $ways = append $ways "url" -}}{{- end -}}
{{- join " and " $ways -}}
{{- end }}
