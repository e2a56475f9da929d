{{/*
lotse.database.validate renders what is wrong with a database.
Argument: dict "database" a map shaped like `database`, "at" its place in the values.
*/}}
{{- define "lotse.database.validate" -}}
{{- $way := include "lotse.database.way" .database }}
{{- $mode := dig "tls" "mode" "" .database }}
{{- if eq $way "" }}
lotse: no database is set. Set {{ .at }}.existingSecret.name to a Secret that holds its URL; or set {{ .at }}.host with {{ .at }}.name and {{ .at }}.user; or, for development only, set {{ .at }}.url.
{{- else if contains " and " $way }}
lotse: {{ .at }} is set in more than one way: {{ $way }}. Keep exactly one of {{ .at }}.existingSecret, {{ .at }}.host and {{ .at }}.url.
{{- else if eq $way "host" }}
{{- range $field := list "name" "user" }}
{{- if not (get $.database $field) }}
lotse: {{ $.at }}.host is set, but {{ $.at }}.{{ $field }} is empty. Set it too.
{{- end }}
{{- end }}
{{- else }}
{{- range $field := list "name" "user" "passwordSecret" }}
{{- if ternary (dig "passwordSecret" "name" "" $.database) (get $.database $field) (eq $field "passwordSecret") }}
lotse: {{ $.at }}.{{ $field }} has no effect, because the database URL already contains it. Remove it, or set {{ $.at }}.host instead of the URL.
{{- end }}
{{- end }}
{{- end }}
{{- if and (eq $way "url") (not (regexMatch "^postgres(ql)?://[^/?#]" .database.url)) }}
lotse: {{ .at }}.url is not a PostgreSQL URL. Write postgresql://user:password@host:5432/name, and percent-encode special characters in the password.
{{- end }}
{{- $ca := include "lotse.database.ca" .database }}
{{- if contains " and " $ca }}
lotse: {{ .at }}.tls has both caSecret and caConfigMap. Keep one of the two; a file can hold several CAs.
{{- end }}
{{- if and $ca (or (has $mode (list "disable" "prefer")) (and (eq $mode "") (eq $way "host"))) }}
lotse: {{ .at }}.tls.{{ splitList " and " $ca | first }} is set, but {{ .at }}.tls.mode {{ $mode | default "\"\"" }} does not verify certificates. Set {{ .at }}.tls.mode to verify-full.
{{- end }}
{{- end }}
