{{/*
lotse.postgres.name renders the name of everything that belongs to the PostgreSQL for trying it out.
Argument: the root context. A StatefulSet's pods carry its name in a label, with a hash of eleven characters behind it; hence 52.
*/}}
{{- define "lotse.postgres.name" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "postgres" "limit" 52) -}}
{{- end }}

{{/*
lotse.postgres.password renders the password of the PostgreSQL for trying it out, or nothing.
Argument: the root context. Who reads it starts again when it changes: PostgreSQL itself, the workloads and the migrator.
*/}}
{{- define "lotse.postgres.password" -}}
{{- if .Values.postgres.enabled -}}{{ .Values.postgres.password }}{{- end -}}
{{- end }}
