{{/*
lotse.database.validate renders what is wrong with a database.
Argument: dict "database" a map shaped like `database`, "at" its place in the values.
*/}}
{{- define "lotse.database.validate" -}}
{{- $way := include "lotse.database.way" .database }}
{{- $mode := dig "tls" "mode" "" .database }}
{{- if eq $way "" }}
lotse: no database is configured. Set {{ .at }}.existingSecret.name to a Secret that holds its URL, or {{ .at }}.host with {{ .at }}.name and {{ .at }}.user, or, for development only, {{ .at }}.url.
{{- else if contains " and " $way }}
lotse: {{ .at }} is given in more than one way: {{ $way }}. Keep exactly one of {{ .at }}.existingSecret, {{ .at }}.host and {{ .at }}.url.
{{- else if eq $way "host" }}
{{- range $field := list "name" "user" }}
{{- if not (get $.database $field) }}
lotse: {{ $.at }}.host is set, but {{ $.at }}.{{ $field }} is empty. Set it too.
{{- end }}
{{- end }}
{{- else }}
{{- range $field := list "name" "user" "passwordSecret" }}
{{- if ternary (dig "passwordSecret" "name" "" $.database) (get $.database $field) (eq $field "passwordSecret") }}
lotse: {{ $.at }}.{{ $field }} has no effect, because the database is given as a URL, which says it already. Remove it, or give {{ $.at }}.host instead of the URL.
{{- end }}
{{- end }}
{{- end }}
{{- if and (eq $way "url") (not (regexMatch "^postgres(ql)?://[^/?#]" .database.url)) }}
lotse: {{ .at }}.url is not the URL of a PostgreSQL. Write postgresql://user:password@host:5432/name, with special characters of the password percent-encoded.
{{- end }}
{{- if and (dig "tls" "caSecret" "name" "" .database) (or (has $mode (list "disable" "prefer")) (and (eq $mode "") (eq $way "host"))) }}
lotse: {{ .at }}.tls.caSecret is set, but {{ .at }}.tls.mode {{ $mode | default "\"\"" }} checks no certificate. Set {{ .at }}.tls.mode to verify-full.
{{- end }}
{{- end }}
