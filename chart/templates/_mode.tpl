{{/*
lotse.mode renders hook or job: migrations.mode, or the mode that suits the database.
Argument: the root context. A database in the release starts only after the hooks, so a hook would wait for it forever.
*/}}
{{- define "lotse.mode" -}}
{{- .Values.migrations.mode | default (ternary "job" "hook" .Values.postgres.enabled) -}}
{{- end }}
