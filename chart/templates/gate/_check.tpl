{{/*
lotse.gate.check renders how the gate checks the schema: database, job or command; nothing if there is no gate.
Argument: the root context. What a foreign migrator has applied is not in Lotse's history, so the database check cannot see it.
*/}}
{{- define "lotse.gate.check" -}}
{{- if .Values.gate.enabled -}}
{{- if .Values.gate.check -}}{{ .Values.gate.check }}
{{- else if .Values.gate.command -}}command
{{- else if include "lotse.engine.foreign" . -}}job
{{- else -}}database
{{- end -}}
{{- end -}}
{{- end }}

{{/*
lotse.gate.check.compares renders true when the gate compares the history with its own migrations, or nothing.
Argument: the root context.
*/}}
{{- define "lotse.gate.check.compares" -}}
{{- if and (has (include "lotse.gate.check" .) (list "database" "job")) (not (include "lotse.engine.foreign" .)) -}}true{{- end -}}
{{- end }}

{{/*
lotse.gate.check.reads renders true when the gate reads the Job, which needs a Role, or nothing.
Argument: the root context.
*/}}
{{- define "lotse.gate.check.reads" -}}
{{- if eq (include "lotse.gate.check" .) "job" -}}true{{- end -}}
{{- end }}
