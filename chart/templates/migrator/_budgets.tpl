{{/*
lotse.migrator.budgets renders, as YAML, the time budgets in seconds: helm, job, run, lockWait, connect.
Argument: the root context. A budget left empty is derived from the next larger one; lotse.validate checks their order.

15 s between Helm and the Job let Kubernetes report the end before Helm gives up. 30 s between the Job and the run are for
pulling the image and starting the pod, which the Job's clock counts and the migrator's own does not: a migrator ended by the Job's
deadline loses its pod and with it the log. 30 s between the run and the lock wait remain for migrating once the lock is held.
*/}}
{{- define "lotse.migrator.budgets" -}}
{{- $given := .Values.migrations.budgets -}}
{{- $helm := include "lotse.seconds" $given.helm | atoi -}}
{{- $job := include "lotse.seconds" $given.job | atoi | default (sub $helm 15) -}}
{{- $run := include "lotse.seconds" $given.run | atoi | default (sub $job 30) -}}
{{- $lockWait := include "lotse.seconds" $given.lockWait | atoi | default (sub $run 30) -}}
{{- $connect := include "lotse.seconds" $given.connect | atoi | default (min 60 $lockWait) -}}
helm: {{ $helm }}
job: {{ $job }}
run: {{ $run }}
lockWait: {{ $lockWait }}
connect: {{ $connect }}
{{- end }}
