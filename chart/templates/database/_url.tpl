{{/*
lotse.database.url renders the URL of a database given by parts, with everything but the password.
Argument: a map shaped like `database`.

The password stays in PGPASSWORD, where every driver built on libpq's conventions finds it. Kubernetes could expand
$(PGPASSWORD) inside this URL, but it does not escape: a password with "@", "/", "%" or "#" would make another URL.
*/}}
{{- define "lotse.database.url" -}}
{{- $host := .host -}}
{{- if hasPrefix "/" $host -}}
{{- $host = urlquery $host -}}
{{- else if and (contains ":" $host) (not (hasPrefix "[" $host)) -}}
{{- $host = printf "[%s]" $host -}}
{{- end -}}
{{- $user := urlquery .user | replace "+" "%20" -}}
{{- $name := urlquery .name | replace "+" "%20" -}}
{{- printf "postgresql://%s@%s:%d/%s" $user $host (.port | default 5432 | int) $name -}}
{{- with dig "tls" "mode" "" . -}}?sslmode={{ . }}{{- end -}}
{{- end }}

{{/*
lotse.database.url.port renders the port of a database: of its URL when the chart sees that, else `port`.
Argument: a map shaped like `database`. The URL in an existing Secret is not seen here; `port` then says it.
*/}}
{{- define "lotse.database.url.port" -}}
{{- $inUrl := regexFind ":[0-9]+([/?]|$)" (.url | default "") -}}
{{- $inUrl | trimPrefix ":" | trimSuffix "/" | trimSuffix "?" | default (.port | default 5432 | int | toString) -}}
{{- end }}
