{{/*
lotse.postgres.name renders the name of everything that belongs to the PostgreSQL for trying it out.
Argument: the root context. A StatefulSet's pods carry its name in a label, with a hash of eleven characters behind it; hence 52.
*/}}
{{- define "lotse.postgres.name" -}}
{{- include "lotse.name.object" (dict "root" . "suffix" "postgres" "limit" 52) -}}
{{- end }}

{{/*
lotse.postgres.password renders the password of the PostgreSQL for trying it out, or nothing.
Argument: the root context. Who reads it starts again when it changes: PostgreSQL itself, the workloads and the migrator.
*/}}
{{- define "lotse.postgres.password" -}}
{{- if .Values.postgres.enabled -}}{{ .Values.postgres.password }}{{- end -}}
{{- end }}

{{/*
lotse.postgres.validate renders what cannot work together with a database of the release.
Argument: the root context.
*/}}
{{- define "lotse.postgres.validate" -}}
{{- if and .Values.postgres.enabled (eq .Values.migrations.mode "hook") }}
lotse: migrations.mode hook cannot reach the database of postgres.enabled: hooks run before anything of the release exists, and would wait for it until they fail. Set migrations.mode to job, or leave it empty.
{{- end }}
{{- if and .Values.postgres.enabled (or (include "lotse.database.way" .Values.database) .Values.database.name .Values.database.user) }}
lotse: postgres.enabled starts a database, but `database` names another one. Remove one of the two.
{{- end }}
{{- end }}
