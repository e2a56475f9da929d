{{/*
lotse.validate.budgets renders what is wrong with the time budgets: their syntax first, their order when that is right.
Argument: the root context.
*/}}
{{- define "lotse.validate.budgets" -}}
{{- $at := "migrations.budgets" }}
{{- $given := .Values.migrations.budgets }}
{{- $malformed := list }}
{{- range $name := list "helm" "job" "run" "lockWait" "connect" }}
{{- $value := get $given $name }}
{{- if and (or $value (eq $name "helm")) (eq (include "lotse.seconds" $value) "0") }}
{{- $malformed = append $malformed $name }}
lotse: {{ $at }}.{{ $name }} is {{ $value | quote }}, which is not a duration. Write it like 90s, 5m or 1h30m.
{{- end }}
{{- end }}
{{- if not $malformed }}
{{- $budgets := include "lotse.migrator.budgets" . | fromYaml }}
{{- $order := list (list "lockWait" "run") (list "connect" "run") (list "run" "job") (list "job" "helm") }}
{{- if lt (min $budgets.lockWait $budgets.run $budgets.job) 1 }}
lotse: {{ $at }}.helm ({{ $given.helm }}) is too short to derive the budgets that are empty: they need 75 s for starting the pod and for Helm to see the end. Raise {{ $at }}.helm together with helm's --timeout, or set {{ $at }}.job, run and lockWait too.
{{- else }}
{{- range $pair := $order }}
{{- $short := index $pair 0 }}
{{- $long := index $pair 1 }}
{{- if ge (int (get $budgets $short)) (int (get $budgets $long)) }}
lotse: {{ $at }}.{{ $short }} ({{ int (get $budgets $short) }}s) must be shorter than {{ $at }}.{{ $long }} ({{ int (get $budgets $long) }}s). Lower {{ $at }}.{{ $short }}, or raise {{ ternary (printf "%s.helm together with helm's --timeout" $at) (printf "%s.%s" $at $long) (or (eq $long "helm") (eq (get $given $long) "")) }}.
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
