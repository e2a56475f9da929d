{{/*
lotse.test.validate renders what is wrong with the test.
Argument: the root context.
*/}}
{{- define "lotse.test.validate" -}}
{{- if include "lotse.test" . }}
{{- include "lotse.duration.validate" (dict "value" .Values.test.timeout "at" "test.timeout") }}
{{- end }}
{{- end }}
