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
{{- $problems = append $problems (include "lotse.validate.tasks" .) -}}
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
{{- if or .Values.migrations.enabled .Values.migrations.onDemand .Values.migrations.tasks (and (include "lotse.workload.needed" .) $check (ne $check "command")) -}}true{{- end -}}
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
{{- else if not (regexMatch "^[^@:[:space:]]+(:[0-9]+/[^@:[:space:]]+)?$" .image.repository) }}
lotse: {{ .at }}.repository {{ .image.repository | quote }} is more than a repository. Put a tag into {{ .at }}.tag, and a digest into {{ .at }}.digest.
{{- else if not (regexMatch "^([A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$" (.image.tag | default "")) }}
lotse: {{ .at }}.tag {{ .image.tag | quote }} is not a tag. Use letters, digits, "_", "." and "-", not first "." or "-".
{{- else if not (or .image.tag .image.digest) }}
lotse: {{ .at }} has neither a tag nor a digest, so nobody could say which version runs. Set {{ .at }}.tag or {{ .at }}.digest.
{{- end }}
{{- end }}
