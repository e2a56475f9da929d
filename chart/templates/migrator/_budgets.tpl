{{/*
lotse.migrator.budgets renders, as YAML, the time budgets in milliseconds: helm, job, run, lockWait, connect.
Argument: the root context. An empty budget is derived from the next larger one. lotse.migrator.budgets.validate checks their order.

The 15 s between Helm and the Job let Kubernetes report the result before Helm gives up. The 30 s between the Job and the run are for
pulling the image and starting the pod, which count towards the Job's deadline but not towards the run: when the deadline ends the Job,
Kubernetes deletes the pod and its log. The 30 s between the run and the lock wait leave time to migrate after the lock is taken.
The Job's deadline is in whole seconds.
*/}}
{{- define "lotse.migrator.budgets" -}}
{{- $given := .Values.migrations.budgets -}}
{{- $helm := include "lotse.duration" $given.helm | atoi -}}
{{- $job := include "lotse.duration" $given.job | atoi | default (sub $helm 15000) -}}
{{- $job = mul (div (add $job 999) 1000) 1000 -}}
{{- $run := include "lotse.duration" $given.run | atoi | default (sub $job 30000) -}}
{{- $lockWait := include "lotse.duration" $given.lockWait | atoi | default (sub $run 30000) -}}
{{- $connect := include "lotse.duration" $given.connect | atoi | default (min 60000 $lockWait) -}}
helm: {{ $helm }}
job: {{ $job }}
run: {{ $run }}
lockWait: {{ $lockWait }}
connect: {{ $connect }}
{{- end }}

{{/*
lotse.migrator.budgets.job renders how long Kubernetes lets the Job run, in seconds.
Argument: the root context.
*/}}
{{- define "lotse.migrator.budgets.job" -}}
{{- div (include "lotse.migrator.budgets" . | fromYaml).job 1000 -}}
{{- end }}

{{/*
lotse.migrator.budgets.validate renders what is wrong with the time budgets: their syntax, or else their order.
Argument: the root context.
*/}}
{{- define "lotse.migrator.budgets.validate" -}}
{{- $at := "migrations.budgets" }}
{{- $given := .Values.migrations.budgets }}
{{- $malformed := "" }}
{{- range $name := list "helm" "job" "run" "lockWait" "connect" }}
{{- $value := get $given $name }}
{{- if or $value (eq $name "helm") }}
{{- $malformed = print $malformed (include "lotse.duration.validate" (dict "value" $value "at" (printf "%s.%s" $at $name))) }}
{{- end }}
{{- end }}
{{- $malformed }}
{{- if not $malformed }}
{{- $budgets := include "lotse.migrator.budgets" . | fromYaml }}
{{- $order := list (list "lockWait" "run") (list "connect" "run") (list "run" "job") (list "job" "helm") }}
{{- if lt (min $budgets.lockWait $budgets.run $budgets.job) 1 }}
lotse: {{ $at }}.helm ({{ $given.helm }}) is too short to derive the empty budgets: they need 75 s for the pod to start and for Helm to see the result. Raise {{ $at }}.helm together with helm's --timeout, or set {{ $at }}.job, run and lockWait too.
{{- else }}
{{- range $pair := $order }}
{{- $short := index $pair 0 }}
{{- $long := index $pair 1 }}
{{- if ge (int64 (get $budgets $short)) (int64 (get $budgets $long)) }}
lotse: {{ $at }}.{{ $short }} ({{ include "lotse.duration.text" (get $budgets $short) }}) must be shorter than {{ $at }}.{{ $long }} ({{ include "lotse.duration.text" (get $budgets $long) }}). Lower {{ $at }}.{{ $short }}, or raise {{ $at }}.{{ if and (ne $long "helm") (get $given $long) }}{{ $long }}{{ else }}helm together with helm's --timeout{{ end }}.
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
