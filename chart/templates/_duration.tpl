{{/*
lotse.duration.seconds renders a duration such as 90s, 5m or 1h30m in seconds; 0 for what is not one, which lotse.validate then refuses.
Argument: the duration, a string.
*/}}
{{- define "lotse.duration.seconds" -}}
{{- $seconds := 0 -}}
{{- if regexMatch "^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$" . -}}
{{- range $unit, $length := dict "h" 3600 "m" 60 "s" 1 -}}
{{- $count := regexFind (printf "[0-9]+%s" $unit) $ | trimSuffix $unit | default "0" | atoi -}}
{{- $seconds = add $seconds (mul $count $length) -}}
{{- end -}}
{{- end -}}
{{- $seconds -}}
{{- end }}
