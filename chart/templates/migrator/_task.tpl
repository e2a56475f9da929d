{{/*
lotse.migrator.task renders nothing, and sets "as" in its argument to a root context in which the task is the migrator.
Argument: dict "root" the root context, "task" an entry of migrations.tasks.

Fields that the task does not set are those of `migrations`; history and budgets are merged key by key. A task with a command or a source does not
inherit the arguments, and one with a command none of the settings that only Lotse's own engine has. A task with a source uses that engine, for every phase at once and backfills batch by batch, since no rollout waits for it. Its history is
its own, so what another tool has migrated is no concern of it.
*/}}
{{- define "lotse.migrator.task" -}}
{{- $migrations := deepCopy (omit .root.Values.migrations "tasks") -}}
{{- if or .task.command .task.source -}}{{- $_ := set $migrations "args" list -}}{{- end -}}
{{- if .task.source -}}
{{- $_ := set $migrations "command" list -}}
{{- $_ := set $migrations "everyPhase" true -}}
{{- $_ := set $migrations "adopt" "" -}}
{{- $_ := set $migrations "allow" (append ($migrations.allow | default list) "other-history" | uniq) -}}
{{- end -}}
{{- if .task.command -}}
{{- $_ := set $migrations "adopt" "" -}}{{- $_ := set $migrations "allow" list -}}
{{- range $field := list "lockTimeout" "statementTimeout" -}}{{- $_ := set $migrations $field "" -}}{{- end -}}
{{- end -}}
{{- range $field, $value := .task -}}
{{- if has $field (list "history" "budgets") -}}
{{- range $key, $entry := $value -}}{{- $_ := set (get $migrations $field) $key $entry -}}{{- end -}}
{{- else if eq $field "source" -}}
{{- $_ := set $migrations "source" (dict "path" ($value.path | default "/migrations") "files" dict "configMap" ($value.configMap | default "") "application" ($value.application | default "") "format" ($value.format | default "auto")) -}}
{{- else -}}
{{- $_ := set $migrations $field $value -}}
{{- end -}}
{{- end -}}
{{- if $migrations.command -}}{{- $_ := set $migrations "events" false -}}{{- end -}}
{{- $values := dict -}}
{{- range $key, $value := .root.Values -}}{{- $_ := set $values $key $value -}}{{- end -}}
{{- $_ := set $values "migrations" $migrations -}}
{{- $_ := set . "as" (dict "Values" $values "Release" .root.Release "Chart" .root.Chart "Capabilities" .root.Capabilities "Template" .root.Template "Subcharts" .root.Subcharts) -}}
{{- end }}

{{/*
lotse.migrator.task.onDemand renders, as a JSON list, the names of the tasks that nothing starts: all but those that come after the rollout.
Argument: the root context.
*/}}
{{- define "lotse.migrator.task.onDemand" -}}
{{- $names := list -}}
{{- range $name, $task := .Values.migrations.tasks -}}{{- if not $task.afterRollout -}}{{- $names = append $names $name -}}{{- end -}}{{- end -}}
{{- toJson $names -}}
{{- end }}

{{/*
lotse.migrator.task.validate renders what is wrong with migrations.tasks.
Argument: the root context.
*/}}
{{- define "lotse.migrator.task.validate" -}}
{{- $own := not (include "lotse.engine.foreign" .) }}
{{- range $name, $task := .Values.migrations.tasks }}
{{- $at := printf "migrations.tasks.%s" $name }}
{{- $found := dict "root" $ "task" $task }}{{- include "lotse.migrator.task" $found }}
{{- $history := $found.as.Values.migrations.history }}
{{- if not (regexMatch "^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$" $name) }}
lotse: {{ $at }} is not a valid name. Use up to 20 lower-case letters, digits and dashes, and start with a letter.
{{- end }}
{{- if and $task.source (or $task.command $task.args) }}
lotse: {{ $at }} sets both a source for Lotse's own engine and a command of another tool. Remove one of the two.
{{- else if not (or $task.source $found.as.Values.migrations.command) }}
lotse: {{ $at }} does not say what to run. Set a command of the application, or a source of migrations for Lotse's own engine.
{{- else if and $task.source $own (eq $history.schema $.Values.migrations.history.schema) (eq $history.table $.Values.migrations.history.table) }}
lotse: {{ $at }} shares its history with the release, so each would report the other's migrations as missing. Set a different history table: {{ $at }}.history.table.
{{- end }}
{{- include "lotse.migrator.budgets.validate" $found.as | replace "migrations.budgets" (printf "%s.budgets" $at) }}
{{- if $task.source }}{{- include "lotse.source.validate" $found.as | replace "migrations.source" (printf "%s.source" $at) }}{{- end }}
{{- if and $own (not $.Values.migrations.source.application) (or $found.as.Values.migrations.command (dig "source" "application" "" $task)) }}{{- include "lotse.migrator.validate.foreign" $found.as }}{{- end }}
{{- end }}
{{- end }}
