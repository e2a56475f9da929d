{{/*
lotse.validate renders nothing, or fails with every problem of the values at once, one sentence and one remedy per line.
Argument: the root context. What the schema can say is said there; here is what needs two values or a remedy.
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
{{- $problems = append $problems (include "lotse.labels.validate" .) -}}
{{- $lines := join "\n" $problems | splitList "\n" | compact -}}
{{- if $lines -}}{{- fail (join "\n" $lines) -}}{{- end -}}
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
