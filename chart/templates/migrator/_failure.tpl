{{/*
lotse.migrator.failure.rules renders, as a YAML list, which ends of the migrator are final and which are tried again.
Argument: the root context. A drained or lost node is nobody's failure and costs no retry.
The status is Kubernetes' default, said because a list that the server completes differs from what was applied, forever.
*/}}
{{- define "lotse.migrator.failure.rules" -}}
{{- if include "lotse.engine.foreign" . -}}
- action: Ignore
  onPodConditions:
    - {type: DisruptionTarget, status: "True"}
# The guard's verdicts: a wrong setting, no database, no run lock in time, a service that does not answer.
- action: FailJob
  onExitCodes:
    containerName: run-lock
    operator: In
    values: [20, 21, 22, 25]
- action: FailJob
  onExitCodes:
    containerName: migrator
    operator: NotIn
    values: {{ include "lotse.migrator.failure.retryExitCodes" . }}
{{- else -}}
# Lotse's own verdicts (20-29): another try would end the same way. What remains, 143 (interrupted) and 1, is retried.
- action: FailJob
  onExitCodes:
    containerName: migrator
    operator: In
    values: [20, 21, 22, 23, 24, 25, 26, 27, 28, 29]
- action: Ignore
  onPodConditions:
    - {type: DisruptionTarget, status: "True"}
{{- end -}}
{{- end }}

{{/*
lotse.migrator.failure.retryExitCodes renders migrations.retryExitCodes as a JSON list in ascending order, which Kubernetes insists on.
Argument: the root context. They are sorted as text, hence the zeros in front. None is written as 0, since Kubernetes takes no empty list.
*/}}
{{- define "lotse.migrator.failure.retryExitCodes" -}}
{{- $padded := list -}}
{{- range .Values.migrations.retryExitCodes -}}{{- $padded = append $padded (int . | printf "%03d") -}}{{- end -}}
{{- $codes := list -}}
{{- range sortAlpha $padded -}}{{- $codes = append $codes (atoi .) -}}{{- end -}}
{{- $codes | default (list 0) | toJson -}}
{{- end }}
