{{/*
lotse.validate renders nothing, or fails with every problem of the values at once, one sentence and one remedy per line.
Argument: the root context. What the schema can say is said there; here is what needs two values or a remedy.
*/}}
{{- define "lotse.validate" -}}
{{- $problems := list -}}
{{- if not .Values.enabled -}}
{{- $problems = append $problems (include "lotse.validate.enabled" .) -}}
{{- end -}}
{{- if include "lotse.needed" . -}}
{{- $problems = append $problems (include "lotse.validate.image" (dict "image" .Values.image "at" "image" "what" "the migrator's image: Lotse with your migrations in it")) -}}
{{- $problems = append $problems (include "lotse.validate.budgets" .) -}}
{{- end -}}
{{- $problems = append $problems (include "lotse.validate.mode" .) -}}
{{- $problems = append $problems (include "lotse.validate.source" .) -}}
{{- $problems = append $problems (include "lotse.validate.foreign" .) -}}
{{- $problems = append $problems (include "lotse.validate.gate" .) -}}
{{- if and (or (include "lotse.needed" .) .Values.workloads) (not .Values.postgres.enabled) -}}
{{- $problems = append $problems (include "lotse.validate.database" (dict "database" .Values.database "at" "database")) -}}
{{- end -}}
{{- if and (include "lotse.needed" .) .Values.migrations.database -}}
{{- $problems = append $problems (include "lotse.validate.database" (dict "database" (include "lotse.migrator.database" . | fromYaml) "at" "migrations.database")) -}}
{{- end -}}
{{- $problems = append $problems (include "lotse.validate.config" .) -}}
{{- range $name, $workload := .Values.workloads -}}
{{- $problems = append $problems (include "lotse.validate.workload" (dict "name" $name "workload" $workload)) -}}
{{- end -}}
{{- $problems = append $problems (include "lotse.validate.labels" .) -}}
{{- $lines := join "\n" $problems | splitList "\n" | compact -}}
{{- if $lines -}}{{- fail (join "\n" $lines) -}}{{- end -}}
{{- end }}

{{/*
lotse.needed renders true when a container of Lotse is part of what is rendered, or nothing.
Argument: the root context.
*/}}
{{- define "lotse.needed" -}}
{{- $check := include "lotse.gate.check" . -}}
{{- if or .Values.migrations.enabled .Values.migrations.onDemand (and .Values.workloads $check (ne $check "command")) -}}true{{- end -}}
{{- end }}

{{/*
lotse.validate.enabled renders why `enabled: false` was not obeyed: Helm would not have come here had a parent's condition read it.
Argument: the root context.
*/}}
{{- define "lotse.validate.enabled" -}}
{{- if .Chart.IsRoot }}
lotse: enabled is false, but only a parent chart can leave this chart out. Remove it; to have no migrator set migrations.enabled to false.
{{- else }}
lotse: {{ .Chart.Name }}.enabled is false, but the parent chart does not ask for it. Add "condition: {{ .Chart.Name }}.enabled" to the dependency in its Chart.yaml.
{{- end }}
{{- end }}

{{/*
lotse.validate.image renders what is wrong with an image.
Argument: dict "image" a map with repository, tag and digest, "at" its place in the values, "what" what image it is.
*/}}
{{- define "lotse.validate.image" -}}
{{- if not .image.repository }}
lotse: {{ .at }}.repository is empty. Set it to {{ .what }}.
{{- else if not (or .image.tag .image.digest) }}
lotse: {{ .at }} has neither a tag nor a digest, so nobody could say which version runs. Set {{ .at }}.tag or {{ .at }}.digest.
{{- end }}
{{- end }}

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
{{- $places := dict "commonLabels" .Values.commonLabels "pod.labels" .Values.pod.labels "migrations.pod.labels" (.Values.migrations.pod.labels | default dict) "postgres.pod.labels" (.Values.postgres.pod.labels | default dict) -}}
{{- range $name, $workload := .Values.workloads -}}
{{- $_ := set $places (printf "workloads.%s.labels" $name) ($workload.labels | default dict) -}}
{{- $_ := set $places (printf "workloads.%s.pod.labels" $name) (dig "pod" "labels" dict $workload) -}}
{{- end -}}
{{- range $place, $labels := $places -}}
{{- range $key := include "lotse.ownedLabels" $ | fromJsonArray -}}
{{- if hasKey $labels $key }}
lotse: {{ $place }} sets {{ $key }}, which belongs to the chart: Services select pods by such labels and must never select the migrator. Remove it.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
