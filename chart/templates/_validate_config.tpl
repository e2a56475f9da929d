{{/*
lotse.validate.config renders what is wrong with config: a variable that the chart sets itself, two files under one key.
Argument: the root context.
*/}}
{{- define "lotse.validate.config" -}}
{{- include "lotse.validate.env" (dict "env" .Values.config.env "at" "config.env") }}
{{- range $name, $_ := .Values.config.env }}
{{- if has $name (list "DATABASE_URL" "PGHOST" "PGPORT" "PGDATABASE" "PGUSER" "PGPASSWORD" "PGSSLMODE" "PGSSLROOTCERT") }}
lotse: config.env.{{ $name }} is set by the chart from `database`. Remove it and set it there.
{{- else if hasPrefix "LOTSE_" $name }}
lotse: config.env.{{ $name }} begins with LOTSE_, which is kept for the migrator. Remove it; the migrator is configured under `migrations`.
{{- end }}
{{- end }}
{{- include "lotse.validate.env" (dict "env" .Values.migrations.env "at" "migrations.env") }}
{{- range $name, $_ := .Values.migrations.env }}
{{- if hasPrefix "LOTSE_" $name }}
lotse: migrations.env.{{ $name }} begins with LOTSE_, which the chart sets itself. Remove it; the migrator is configured under `migrations`.
{{- end }}
{{- end }}
{{- $seen := dict }}
{{- range $path, $_ := .Values.config.files }}
{{- if not (regexMatch "^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$" $path) }}
lotse: config.files {{ $path }} is not a path the chart can mount. Use an absolute path of letters, digits, ".", "_" and "-".
{{- end }}
{{- $key := include "lotse.fileKey" $path }}
{{- if hasKey $seen $key }}
lotse: config.files {{ get $seen $key }} and {{ $path }} would share the ConfigMap key {{ $key }}. Rename one of the two files.
{{- end }}
{{- $_ := set $seen $key $path }}
{{- end }}
{{- end }}

{{/*
lotse.validate.env renders which names are no names of environment variables.
Argument: dict "env" a map of environment variables, "at" its place in the values.
*/}}
{{- define "lotse.validate.env" -}}
{{- range $name, $_ := .env }}
{{- if not (regexMatch "^[A-Za-z_][A-Za-z0-9_]*$" $name) }}
lotse: {{ $.at }}.{{ $name }} is not the name of an environment variable. Use letters, digits and "_", not starting with a digit.
{{- end }}
{{- end }}
{{- end }}

{{/*
lotse.validate.labels renders which labels would replace the chart's own.
Argument: the root context.
*/}}
{{- define "lotse.validate.labels" -}}
{{- $places := dict "commonLabels" .Values.commonLabels "pod.labels" .Values.pod.labels "migrations.pod.labels" (.Values.migrations.pod).labels "postgres.pod.labels" (.Values.postgres.pod).labels -}}
{{- range $name, $workload := .Values.workloads -}}
{{- $_ := set $places (printf "workloads.%s.labels" $name) $workload.labels -}}
{{- $_ := set $places (printf "workloads.%s.pod.labels" $name) (dig "pod" "labels" dict $workload) -}}
{{- end -}}
{{- range $place, $labels := $places -}}
{{- range $key := include "lotse.ownedLabels" $ | fromJsonArray -}}
{{- if hasKey ($labels | default dict) $key }}
lotse: {{ $place }} sets {{ $key }}, which belongs to the chart: Services select pods by such labels and must never select the migrator. Remove it.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
