{{/*
lotse.gate.validate renders what is wrong with the gate.
Argument: the root context.
*/}}
{{- define "lotse.gate.validate" -}}
{{- $gate := .Values.gate }}
{{- $check := include "lotse.gate.check" . }}
{{- if and (eq (include "lotse.mode" .) "job") .Values.migrations.enabled (not $gate.enabled) }}
lotse: gate.enabled is false, but in job mode only the gate keeps pods from starting before the schema is ready. Set gate.enabled to true, or migrations.mode to hook.
{{- end }}
{{- include "lotse.duration.validate" (dict "value" $gate.timeout "at" "gate.timeout") }}
{{- if and (eq $check "database") (include "lotse.engine.foreign" .) }}
lotse: gate.check database cannot see what migrations.command has applied, because that is not in Lotse's history. Set gate.check to job, or set gate.command.
{{- end }}
{{- if and (eq $check "command") (not $gate.command) }}
lotse: gate.check is command, but gate.command is empty. Set it to a command of the application that exits 0 when the schema is right.
{{- end }}
{{- if and $gate.command $gate.enabled (ne $check "command") }}
lotse: gate.command has no effect with gate.check {{ $check }}. Remove one of the two.
{{- end }}
{{- if and (eq $check "job") (not .Values.migrations.enabled) (not $gate.migrate) }}
lotse: gate.check job looks for a Job, but migrations.enabled is false, so there is none. {{ if include "lotse.engine.foreign" . }}Set gate.command{{ else }}Set gate.check to database{{ end }}, or set gate.enabled to false.
{{- end }}
{{- if and (eq $check "command") $gate.command (not .Chart.IsRoot) (not .Values.workloads) (not .Values.migrations.workload) (not (include "lotse.engine.foreign" .)) (not .Values.migrations.source.application) }}
{{- include "lotse.image.validate" (dict "image" .Values.migrations.image "at" "migrations.image" "what" "the application's image, in which gate.command runs") }}
{{- end }}
{{- if and $gate.migrate (or .Values.migrations.enabled .Values.migrations.database (ne $check "database")) }}
lotse: gate.migrate lets every pod migrate with its own role, using Lotse's own engine, without a Job. Set migrations.enabled to false, and remove migrations.database, migrations.command and gate.check.
{{- end }}
{{- if and $gate.serviceAccounts (ne $check "job") }}
lotse: gate.serviceAccounts has no effect unless gate.check is job. Remove it.
{{- end }}
{{- end }}
