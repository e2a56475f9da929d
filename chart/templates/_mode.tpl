{{/*
lotse.mode renders hook or job: migrations.mode, or what suits where the database is.
Argument: the root context. A database of the release exists only after the hooks, so a hook would wait for it forever.
*/}}
{{- define "lotse.mode" -}}
{{- .Values.migrations.mode | default (ternary "job" "hook" .Values.postgres.enabled) -}}
{{- end }}
