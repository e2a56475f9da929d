{{/*
lotse.validate renders nothing, or fails with all problems in the values at once, each with its remedy on a line.
Argument: the root context. The schema checks single values; this checks combinations, and names a remedy.
*/}}
{{- define "lotse.validate" -}}
{{- $problems := list -}}
{{- if not .Values.enabled -}}
{{- $problems = append $problems (include "lotse.validate.enabled" .) -}}
{{- end -}}
{{- if include "lotse.engine.needed" . -}}
{{- $problems = append $problems (include "lotse.image.validate" (dict "image" .Values.image "at" "image" "what" "the migrator's image: Lotse with your migrations in it")) -}}
{{- $problems = append $problems (include "lotse.migrator.budgets.validate" .) -}}
{{- end -}}
{{- $problems = append $problems (include "lotse.postgres.validate" .) -}}
{{- $problems = append $problems (include "lotse.migrator.validate" .) -}}
{{- $problems = append $problems (include "lotse.source.validate" .) -}}
{{- $problems = append $problems (include "lotse.migrator.validate.foreign" .) -}}
{{- $problems = append $problems (include "lotse.migrator.task.validate" .) -}}
{{- $problems = append $problems (include "lotse.finisher.validate" .) -}}
{{- $problems = append $problems (include "lotse.gate.validate" .) -}}
{{- if and (or (include "lotse.engine.needed" .) .Values.workloads) (not .Values.postgres.enabled) -}}
{{- $problems = append $problems (include "lotse.database.validate" (dict "database" .Values.database "at" "database")) -}}
{{- end -}}
{{- if and (include "lotse.engine.needed" .) .Values.migrations.database -}}
{{- $problems = append $problems (include "lotse.database.validate" (dict "database" (include "lotse.migrator.database" . | fromYaml) "at" "migrations.database")) -}}
{{- end -}}
{{- $problems = append $problems (include "lotse.config.validate" .) -}}
{{- range $name, $workload := .Values.workloads -}}
{{- $problems = append $problems (include "lotse.workload.validate" (dict "name" $name "workload" $workload)) -}}
{{- end -}}
{{- $problems = append $problems (include "lotse.test.validate" .) -}}
{{- $problems = append $problems (include "lotse.labels.validate" .) -}}
{{- $lines := join "\n" $problems | splitList "\n" | compact -}}
{{- if $lines -}}{{- fail (join "\n" $lines) -}}{{- end -}}
{{- end }}

{{/*
lotse.validate.enabled renders why `enabled: false` has no effect. If a parent's condition used it, Helm would not render this chart.
Argument: the root context.
*/}}
{{- define "lotse.validate.enabled" -}}
{{- if .Chart.IsRoot }}
lotse: enabled is false, but only a parent chart can disable this chart. Remove it; to disable the migrator, set migrations.enabled to false.
{{- else }}
lotse: {{ .Chart.Name }}.enabled is false, but the dependency in the parent chart has no condition. Add "condition: {{ .Chart.Name }}.enabled" to the dependency in its Chart.yaml.
{{- end }}
{{- end }}
