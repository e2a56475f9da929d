{{/*
lotse.database.url renders the URL of a database that is set by host, with everything except the password.
Argument: a map shaped like `database`.

The password stays in PGPASSWORD, where every driver that follows libpq finds it. Kubernetes could expand $(PGPASSWORD)
in this URL, but without escaping it: a password with "@", "/", "%" or "#" would break the URL.
*/}}
{{- define "lotse.database.url" -}}
{{- $port := .port | default 5432 | int -}}
{{- $hosts := list -}}
{{- range $host := splitList "," .host -}}
{{- if hasPrefix "/" $host -}}
{{- $host = urlquery $host -}}
{{- else if and (contains ":" $host) (not (hasPrefix "[" $host)) -}}
{{- $host = printf "[%s]" $host -}}
{{- end -}}
{{- $hosts = append $hosts (printf "%s:%d" $host $port) -}}
{{- end -}}
{{- $user := urlquery .user | replace "+" "%20" -}}
{{- $name := urlquery .name | replace "+" "%20" -}}
{{- printf "postgresql://%s@%s/%s" $user (join "," $hosts) $name -}}
{{- with dig "tls" "mode" "" . -}}?sslmode={{ . }}{{- end -}}
{{- end }}

{{/*
lotse.database.url.port renders the port of a database: the port in its URL if the chart can see the URL, else `port`.
Argument: a map shaped like `database`. The chart cannot see the URL in an existing Secret.
*/}}
{{- define "lotse.database.url.port" -}}
{{- $inUrl := regexFind ":[0-9]+([/?]|$)" (.url | default "") -}}
{{- $inUrl | trimPrefix ":" | trimSuffix "/" | trimSuffix "?" | default (.port | default 5432 | int | toString) -}}
{{- end }}
