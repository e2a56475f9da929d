{{/*
lotse.migrator.database renders, as YAML, the migrator's database: `database`, overridden field by field by migrations.database.
Argument: the root context.

Fields that belong together are replaced together: existingSecret, host and url replace each other; a host resets the port to 5432,
because a pooler's port is not the server's; a user does not inherit the password.
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
