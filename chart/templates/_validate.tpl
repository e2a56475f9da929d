{{/*
lotse.validate renders nothing, or fails with every problem of the values at once, one sentence and one remedy per line.
Argument: the root context. What the schema can say is said there; here is what needs two values or a remedy.
*/}}
{{- define "lotse.validate" -}}
{{- $problems := list -}}
{{- if .Values.migrations.enabled -}}
{{- $problems = append $problems (include "lotse.validate.image" (dict "image" .Values.image "at" "image" "what" "the migrator's image: Lotse with your migrations in it")) -}}
{{- $problems = append $problems (include "lotse.validate.budgets" .) -}}
{{- end -}}
{{- if or .Values.migrations.enabled .Values.workloads -}}
{{- $problems = append $problems (include "lotse.validate.database" (dict "database" .Values.database "at" "database")) -}}
{{- end -}}
{{- if and .Values.migrations.enabled .Values.migrations.database -}}
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
{{- range $name, $_ := .Values.config.env }}
{{- if has $name (list "DATABASE_URL" "PGHOST" "PGPORT" "PGDATABASE" "PGUSER" "PGPASSWORD" "PGSSLMODE" "PGSSLROOTCERT") }}
lotse: config.env.{{ $name }} is set by the chart from `database`. Remove it and set it there.
{{- else if hasPrefix "LOTSE_" $name }}
lotse: config.env.{{ $name }} begins with LOTSE_, which is kept for the migrator. Remove it; the migrator is configured under `migrations`.
{{- end }}
{{- end }}
{{- $seen := dict }}
{{- range $path, $_ := .Values.config.files }}
{{- $key := include "lotse.fileKey" $path }}
{{- if hasKey $seen $key }}
lotse: config.files {{ get $seen $key }} and {{ $path }} would share the ConfigMap key {{ $key }}. Rename one of the two files.
{{- end }}
{{- $_ := set $seen $key $path }}
{{- end }}
{{- end }}

{{/*
lotse.validate.workload renders what is wrong with one workload.
Argument: dict "name" its name, "workload" its entry of `workloads`.
*/}}
{{- define "lotse.validate.workload" -}}
{{- $at := printf "workloads.%s" .name }}
{{- if or (eq .name "migrator") (hasPrefix "migrator-" .name) }}
lotse: {{ $at }} has a name that belongs to the migrator's own objects. Rename the workload.
{{- end }}
{{- include "lotse.validate.image" (dict "image" (.workload.image | default dict) "at" (printf "%s.image" $at) "what" (printf "the image of the workload %q" .name)) }}
{{- range $port, $_ := dig "service" "ports" dict .workload }}
{{- if not (hasKey ($.workload.ports | default dict) $port) }}
lotse: {{ $at }}.service.ports.{{ $port }} names no port of the workload. Add {{ $port }} to {{ $at }}.ports, or use the name of one that is there.
{{- end }}
{{- end }}
{{- $sleep := include "lotse.workload.preStopSleep" .workload | int }}
{{- $grace := .workload.terminationGracePeriodSeconds | default 30 | int }}
{{- if and (not .workload.lifecycle) (ge $sleep $grace) }}
lotse: {{ $at }}.preStopSleepSeconds ({{ $sleep }}) leaves no time to stop within terminationGracePeriodSeconds ({{ $grace }}). Lower the former or raise the latter.
{{- end }}
{{- end }}

{{/*
lotse.validate.labels renders which labels would replace the chart's own.
Argument: the root context.
*/}}
{{- define "lotse.validate.labels" -}}
{{- $places := dict "commonLabels" .Values.commonLabels "pod.labels" .Values.pod.labels "migrations.pod.labels" (.Values.migrations.pod.labels | default dict) -}}
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
