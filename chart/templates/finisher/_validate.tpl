{{/*
lotse.finisher.validate renders what is wrong with the finisher, and with tasks that come after the rollout.
Argument: the root context.
*/}}
{{- define "lotse.finisher.validate" -}}
{{- $finish := .Values.finish }}
{{- $after := list }}
{{- range $name, $task := .Values.migrations.tasks }}
{{- $at := printf "migrations.tasks.%s" $name }}
{{- if $task.afterRollout }}{{ $after = append $after $task }}{{ end }}
{{- if and $task.afterRollout (not $finish.enabled) }}
lotse: {{ $at }}.afterRollout waits for a rollout, which is looked at only with a finisher. Set finish.enabled to true, or remove afterRollout.
{{- end }}
{{- if and $task.schedule (not $task.afterRollout) }}
lotse: {{ $at }}.schedule has no effect without afterRollout, because a task on demand never runs by itself. Set {{ $at }}.afterRollout to true, or remove the schedule.
{{- end }}
{{- with $task.schedule }}{{ include "lotse.finisher.validate.schedule" (dict "schedule" . "at" (printf "%s.schedule" $at)) }}{{ end }}
{{- end }}
{{- if $finish.enabled }}
{{- if not (or .Values.workloads $finish.deployments $finish.selector) }}
lotse: finish.enabled is true, but there is no Deployment whose rollout the finisher could look at. Name those of the parent chart in finish.deployments, or their labels in finish.selector.
{{- end }}
{{- if and (include "lotse.engine.foreign" .) (not $after) }}
lotse: finish.enabled is true, but the finisher would have nothing to run: with migrations.command, Lotse knows no migrations. Set afterRollout in one of migrations.tasks, or finish.enabled to false.
{{- end }}
{{- with include "lotse.finisher.validate.hidden" (dict "root" . "tasks" $after) }}
{{- if not $finish.version }}
lotse: finish.version is empty, but what is in {{ . }} can change without a change of the values, and an older finisher would then run migrations of a newer version. Set finish.version to the application's version.
{{- end }}
{{- end }}
{{- include "lotse.finisher.validate.schedule" (dict "schedule" $finish.schedule "at" "finish.schedule") }}
{{- include "lotse.duration.validate" (dict "value" $finish.soak "at" "finish.soak" "zero" true) }}
{{- $limits := dict "timeout" $finish.timeout "budgets.run" $finish.budgets.run "budgets.job" $finish.budgets.job }}
{{- $job := include "lotse.duration" $finish.budgets.job | atoi }}
{{- range $field, $value := $limits }}
{{- $malformed := include "lotse.duration.validate" (dict "value" $value "at" (printf "finish.%s" $field)) }}
{{- $malformed }}
{{- if not (or $malformed (eq $field "budgets.job") (eq $job 0) (lt (include "lotse.duration" $value | atoi) $job)) }}
lotse: finish.{{ $field }} ({{ $value }}) must be shorter than finish.budgets.job ({{ $finish.budgets.job }}). Lower the first or raise the second.
{{- end }}
{{- end }}
{{- with $finish.serviceAccount.name | default .Values.migrations.serviceAccount.name }}
{{- if $finish.serviceAccount.annotations }}
lotse: finish.serviceAccount.annotations has no effect on an existing ServiceAccount ({{ . }}). Annotate that one, or remove the annotations.
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/*
lotse.finisher.validate.hidden renders where what runs after the rollout can change without a change of the values, or nothing.
Argument: dict "root" the root context, "tasks" the tasks that come after the rollout.
*/}}
{{- define "lotse.finisher.validate.hidden" -}}
{{- $configMaps := list .root.Values.migrations.source.configMap -}}
{{- range .tasks -}}{{- $configMaps = append $configMaps (dig "source" "configMap" "" .) -}}{{- end -}}
{{- $images := list .root.Values.image -}}
{{- if or (include "lotse.engine.foreign" .root) .root.Values.migrations.source.application -}}{{- $images = append $images (include "lotse.image.application" .root | fromYaml) -}}{{- end -}}
{{- $hidden := "" -}}
{{- range $images -}}{{- if and (eq (.tag | default "") "latest") (not .digest) -}}{{- $hidden = printf "an image tagged latest (%s)" .repository -}}{{- end -}}{{- end -}}
{{- range compact $configMaps -}}{{- $hidden = printf "the ConfigMap %s" . -}}{{- end -}}
{{- $hidden -}}
{{- end }}

{{/*
lotse.finisher.validate.schedule renders why Kubernetes would refuse a schedule.
Argument: dict "schedule" the schedule, a string, "at" its place in the values.
*/}}
{{- define "lotse.finisher.validate.schedule" -}}
{{- if not (regexMatch "^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every ([0-9]+[hms])+|[0-9*?,/-]+( +[0-9A-Za-z*?,/-]+){4})$" .schedule) }}
lotse: {{ .at }} is {{ .schedule | quote }}, which is not a schedule. Write five fields, for example "*/5 * * * *", or @hourly.
{{- end }}
{{- end }}
