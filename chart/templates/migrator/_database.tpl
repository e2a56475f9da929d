{{/*
lotse.migrator.database renders, as YAML, the migrator's database: `database` with migrations.database laid over it field by field.
Argument: the root context.

What belongs together is replaced together: another way (existingSecret, host, url) drops the one it replaces, another host brings
its own port (5432 unless given; a pooler's port is not the server's), another user does not inherit a password.
*/}}
{{- define "lotse.migrator.database" -}}
{{- $database := include "lotse.database" . | fromYaml -}}
{{- $override := deepCopy (.Values.migrations.database | default dict) -}}
{{- $way := include "lotse.database.way" $override -}}
{{- if $way -}}
{{- $database = omit $database "existingSecret" "host" "url" "port" -}}
{{- if ne $way "host" -}}{{- $database = omit $database "name" "user" "passwordSecret" -}}{{- end -}}
{{- end -}}
{{- if $override.user -}}{{- $database = omit $database "passwordSecret" -}}{{- end -}}
{{- range $field, $value := $override -}}
{{- $_ := set $database $field $value -}}
{{- end -}}
{{- toYaml $database -}}
{{- end }}
