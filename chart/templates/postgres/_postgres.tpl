{{/*
lotse.postgres.name renders the name of everything that belongs to the PostgreSQL for trying it out.
Argument: the root context. A StatefulSet's pods carry its name in a label, with a hash behind it.
*/}}
{{- define "lotse.postgres.name" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "postgres") -}}
{{- end }}
