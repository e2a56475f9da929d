{{/*
lotse.migrator.validate renders what is wrong with the migrator's limits, keepFor and ServiceAccount.
Argument: the root context.
*/}}
{{- define "lotse.migrator.validate" -}}
{{- $migrations := .Values.migrations }}
{{- range $field := list "lockTimeout" "statementTimeout" "checkTimeout" }}
{{- with get $migrations $field }}
{{- include "lotse.duration.validate" (dict "value" . "at" (printf "migrations.%s" $field) "zero" (ne $field "lockTimeout")) }}
{{- end }}
{{- end }}
{{- with $migrations.keepFor }}
{{- if lt (include "lotse.duration.seconds" . | atoi) 3600 }}
lotse: migrations.keepFor ({{ . }}) is too short: if a failed Job vanishes while Helm 3 or Flux watch it, they report success. Use 1h or more, or leave it empty.
{{- end }}
{{- end }}
{{- if and $migrations.serviceAccount.name $migrations.serviceAccount.annotations }}
lotse: migrations.serviceAccount.annotations has no effect on an existing ServiceAccount ({{ $migrations.serviceAccount.name }}). Annotate that one, or remove migrations.serviceAccount.name.
{{- end }}
{{- end }}

{{/*
lotse.migrator.validate.foreign renders what is wrong with a foreign migrator and with the application's image.
Argument: the root context.
*/}}
{{- define "lotse.migrator.validate.foreign" -}}
{{- $migrations := .Values.migrations }}
{{- $foreign := include "lotse.engine.foreign" . }}
{{- $what := "migrations.source.application is" }}
{{- if $foreign }}{{ $what = "migrations.command runs" }}{{ end }}
{{- if and $migrations.workload $migrations.image.repository }}
lotse: migrations.workload and migrations.image both set the application's image. Remove one of the two.
{{- else if and $migrations.workload (not (hasKey (.Values.workloads | default dict) $migrations.workload)) }}
lotse: migrations.workload {{ $migrations.workload | quote }} is not one of the `workloads`. Use one of their names, or set migrations.image.
{{- else if or $foreign $migrations.source.application }}
{{- if not $migrations.workload }}
{{- include "lotse.image.validate" (dict "image" $migrations.image "at" "migrations.image" "what" (printf "the application's image, in which %s; or set migrations.workload to one of the workloads" $what)) }}
{{- end }}
{{- else if and (or $migrations.workload $migrations.image.repository) (not .Values.gate.command) (not $migrations.tasks) }}
lotse: migrations.{{ if $migrations.workload }}workload{{ else }}image{{ end }} has no effect without migrations.command or migrations.source.application. Remove it; Lotse's own image is `image`.
{{- end }}
{{- if and $migrations.args (not $foreign) }}
lotse: migrations.args has no effect without migrations.command. Remove it.
{{- end }}
{{- range $field := list "adopt" "allow" "lockTimeout" "statementTimeout" "check" "checkTimeout" }}
{{- if and $foreign (get $migrations $field) }}
lotse: migrations.{{ $field }} has no effect with migrations.command, because it is a setting of Lotse's own engine. Remove it.
{{- end }}
{{- end }}
{{- if and $foreign $migrations.events }}
lotse: migrations.events reports what Lotse applied, and cannot see what migrations.command does. Set migrations.events to false.
{{- end }}
{{- end }}
