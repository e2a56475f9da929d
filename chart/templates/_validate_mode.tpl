{{/*
lotse.validate.mode renders which modes cannot work together.
Argument: the root context.
*/}}
{{- define "lotse.validate.mode" -}}
{{- $migrations := .Values.migrations }}
{{- if and .Values.postgres.enabled (eq $migrations.mode "hook") }}
lotse: migrations.mode hook cannot reach the database of postgres.enabled: hooks run before anything of the release exists, and would wait for it until they fail. Set migrations.mode to job, or leave it empty.
{{- end }}
{{- if and .Values.postgres.enabled (or (include "lotse.database.way" .Values.database) .Values.database.name .Values.database.user) }}
lotse: postgres.enabled starts a database, but `database` names another one. Remove one of the two.
{{- end }}
{{- if and (eq (include "lotse.mode" .) "job") $migrations.enabled (not .Values.gate.enabled) }}
lotse: gate.enabled is false, but in mode job nothing except the gate keeps pods from starting before the schema is ready. Set gate.enabled to true, or migrations.mode to hook.
{{- end }}
{{- with $migrations.keepFor }}
{{- if lt (include "lotse.seconds" . | atoi) 3600 }}
lotse: migrations.keepFor ({{ . }}) is too short: a failed Job that vanishes while Helm 3 or Flux look for it counts as one that succeeded. Use 1h or more, or leave it empty.
{{- end }}
{{- end }}
{{- if and $migrations.serviceAccount.name $migrations.serviceAccount.annotations }}
lotse: migrations.serviceAccount.annotations has no effect on a ServiceAccount of yours ({{ $migrations.serviceAccount.name }}). Annotate that one, or remove migrations.serviceAccount.name.
{{- end }}
{{- end }}

{{/*
lotse.validate.source renders what is wrong with where the migrations are.
Argument: the root context.
*/}}
{{- define "lotse.validate.source" -}}
{{- $source := .Values.migrations.source }}
{{- $given := list }}
{{- range $kind := list "files" "configMap" "application" }}{{ if get $source $kind }}{{ $given = append $given $kind }}{{ end }}{{ end }}
{{- if gt (len $given) 1 }}
lotse: migrations.source is given in more than one way: {{ join " and " $given }}. Keep exactly one of files, configMap and application.
{{- end }}
{{- range $name, $_ := $source.files }}
{{- if not (regexMatch "^[A-Za-z0-9_-][A-Za-z0-9._-]*[.](sql|ts|js|mts|mjs|cts|cjs)$" $name) }}
lotse: migrations.source.files {{ $name }} is not a name for a migration. Use letters, digits, ".", "_" and "-", ending in .sql, .ts or .js.
{{- end }}
{{- end }}
{{- if and $given (include "lotse.foreign" .) }}
lotse: migrations.source.{{ first $given }} has no effect beside migrations.command, which finds its migrations itself. Remove one of the two.
{{- end }}
{{- end }}

{{/*
lotse.validate.foreign renders what is wrong with a foreign migrator and with the application's image.
Argument: the root context.
*/}}
{{- define "lotse.validate.foreign" -}}
{{- $migrations := .Values.migrations }}
{{- $foreign := include "lotse.foreign" . }}
{{- if and $migrations.workload $migrations.image.repository }}
lotse: migrations.workload and migrations.image both name the application's image. Keep one of the two.
{{- else if and $migrations.workload (not (hasKey (.Values.workloads | default dict) $migrations.workload)) }}
lotse: migrations.workload {{ $migrations.workload | quote }} is no name of `workloads`. Use one of them, or set migrations.image.
{{- else if or $foreign $migrations.source.application }}
{{- if not $migrations.workload }}
{{- include "lotse.validate.image" (dict "image" $migrations.image "at" "migrations.image" "what" (printf "the application's image, in which %s; or name a workload in migrations.workload" (ternary "migrations.command runs" "migrations.source.application is" (eq $foreign "true")))) }}
{{- end }}
{{- else if and (or $migrations.workload $migrations.image.repository) (not .Values.gate.command) (not $migrations.tasks) }}
lotse: migrations.{{ ternary "workload" "image" (ne $migrations.workload "") }} has no effect without migrations.command or migrations.source.application. Remove it; Lotse's own image is `image`.
{{- end }}
{{- if and $migrations.args (not $foreign) }}
lotse: migrations.args has no effect without migrations.command. Remove it.
{{- end }}
{{- range $field := list "allow" "lockTimeout" "statementTimeout" }}
{{- if and $foreign (get $migrations $field) }}
lotse: migrations.{{ $field }} has no effect beside migrations.command, which migrates in its own way. Remove it.
{{- end }}
{{- end }}
{{- if and $foreign $migrations.events }}
lotse: migrations.events tells what Lotse applied, and cannot tell what migrations.command does. Set migrations.events to false.
{{- end }}
{{- end }}

{{/*
lotse.validate.gate renders what is wrong with the gate.
Argument: the root context.
*/}}
{{- define "lotse.validate.gate" -}}
{{- $gate := .Values.gate }}
{{- $check := include "lotse.gate.check" . }}
{{- if eq (include "lotse.seconds" $gate.timeout) "0" }}
lotse: gate.timeout is {{ $gate.timeout | quote }}, which is not a duration. Write it like 90s, 5m or 1h30m.
{{- end }}
{{- if and (eq $check "database") (include "lotse.foreign" .) }}
lotse: gate.check database cannot tell what migrations.command has applied, which is not in Lotse's history. Set gate.check to job, or give gate.command.
{{- end }}
{{- if and (eq $check "command") (not $gate.command) }}
lotse: gate.check is command, but gate.command is empty. Set it to a command of the application that exits 0 when the schema is right.
{{- end }}
{{- if and $gate.command $gate.enabled (ne $check "command") }}
lotse: gate.command has no effect with gate.check {{ $check }}. Remove one of the two.
{{- end }}
{{- if and (eq $check "job") (not .Values.migrations.enabled) (not $gate.migrate) }}
lotse: gate.check job looks for a Job that migrations.enabled false leaves out. {{ ternary "Give gate.command" "Set gate.check to database" (eq (include "lotse.foreign" .) "true") }}, or set gate.enabled to false.
{{- end }}
{{- if and (eq $check "command") $gate.command (not .Chart.IsRoot) (not .Values.workloads) (not .Values.migrations.workload) (not (include "lotse.foreign" .)) (not .Values.migrations.source.application) }}
{{- include "lotse.validate.image" (dict "image" .Values.migrations.image "at" "migrations.image" "what" "the application's image, in which gate.command runs") }}
{{- end }}
{{- if and $gate.migrate (or .Values.migrations.enabled .Values.migrations.database (ne $check "database")) }}
lotse: gate.migrate lets every pod migrate with its own login, by Lotse's own engine and without a Job. Set migrations.enabled to false, and remove migrations.database, migrations.command and gate.check.
{{- end }}
{{- if and $gate.serviceAccounts (ne $check "job") }}
lotse: gate.serviceAccounts has no effect, because only gate.check job reads the Job. Remove it.
{{- end }}
{{- end }}
