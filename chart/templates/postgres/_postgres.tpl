{{/*
lotse.postgres.name renders the name of all objects of the PostgreSQL for trying Lotse out.
Argument: the root context. The limit is 52, because a StatefulSet's pods have a label with its name and a hash of eleven characters.
*/}}
{{- define "lotse.postgres.name" -}}
{{- include "lotse.name.object" (dict "root" . "suffix" "postgres" "limit" 52) -}}
{{- end }}

{{/*
lotse.postgres.password renders the password of the PostgreSQL for trying Lotse out, or nothing.
Argument: the root context. PostgreSQL, the workloads and the migrator restart when it changes.
*/}}
{{- define "lotse.postgres.password" -}}
{{- if .Values.postgres.enabled -}}{{ .Values.postgres.password }}{{- end -}}
{{- end }}

{{/*
lotse.postgres.validate renders what cannot work with a database in the release.
Argument: the root context.
*/}}
{{- define "lotse.postgres.validate" -}}
{{- if and .Values.postgres.enabled (eq .Values.migrations.mode "hook") }}
lotse: migrations.mode hook cannot work with postgres.enabled: hooks run before anything in the release exists, so the migrator would wait for the database until it fails. Set migrations.mode to job, or leave it empty.
{{- end }}
{{- if and .Values.postgres.enabled (or (include "lotse.database.way" .Values.database) .Values.database.name .Values.database.user) }}
lotse: postgres.enabled starts a database, but `database` is set too. Remove one of the two.
{{- end }}
{{- end }}
