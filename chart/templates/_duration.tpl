{{/*
lotse.duration renders a duration such as 250ms, 90s, 1.5m or 1h30m in whole milliseconds. Invalid durations become 0, which lotse.validate refuses.
Argument: the duration, a string. The grammar is that of hook/config/duration.ts.
*/}}
{{- define "lotse.duration" -}}
{{- $total := 0.0 -}}
{{- if regexMatch "^([0-9]+([.][0-9]+)?(ms|s|m|h))+$" . -}}
{{- $lengths := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 -}}
{{- range regexFindAll "[0-9.]+[a-z]+" . -1 -}}
{{- $unit := regexFind "[a-z]+" . -}}
{{- $total = addf $total (mulf (trimSuffix $unit .) (get $lengths $unit)) -}}
{{- end -}}
{{- end -}}
{{- /* Longer durations would overflow int64. */ -}}
{{- round (minf $total 9e15) 0 | int64 -}}
{{- end }}

{{/*
lotse.duration.seconds renders a duration in whole seconds, rounded up, because Kubernetes' fields hold whole seconds.
Argument: the duration, a string.
*/}}
{{- define "lotse.duration.seconds" -}}
{{- div (add (include "lotse.duration" . | atoi) 999) 1000 -}}
{{- end }}

{{/*
lotse.duration.text renders milliseconds as a duration, in seconds if possible.
Argument: the milliseconds, a number.
*/}}
{{- define "lotse.duration.text" -}}
{{- if mod . 1000 -}}{{ int64 . }}ms{{- else -}}{{ div . 1000 }}s{{- end -}}
{{- end }}

{{/*
lotse.duration.validate renders why Lotse would refuse a duration.
Argument: dict "value" the duration, a string, "at" its place in the values, "zero" whether 0s is allowed, optional.
*/}}
{{- define "lotse.duration.validate" -}}
{{- $milliseconds := include "lotse.duration" .value | atoi }}
{{- if not (or $milliseconds .zero) }}
lotse: {{ .at }} is {{ .value | quote }}, which is not a duration. Write for example 90s, 5m or 1h30m.
{{- else if gt $milliseconds 2073600000 }}
lotse: {{ .at }} is {{ .value | quote }}, which is longer than 24 days. Lower it.
{{- end }}
{{- end }}
