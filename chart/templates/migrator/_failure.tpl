{{/*
lotse.migrator.failure.rules renders, as a YAML list, which failures of the migrator are final and which are retried.
Argument: the root context. A drained or lost node does not count as a retry.
The status is Kubernetes' default. It is explicit because a GitOps controller would see a difference forever in a list that the server completes.
*/}}
{{- define "lotse.migrator.failure.rules" -}}
{{- if include "lotse.engine.foreign" . -}}
- action: Ignore
  onPodConditions:
    - {type: DisruptionTarget, status: "True"}
# The guard's verdicts: invalid configuration, database unreachable, no run lock in time, no time left, a service that does not answer.
- action: FailJob
  onExitCodes:
    containerName: run-lock
    operator: In
    values: [20, 21, 22, 24, 25]
# The run's time is over, and the guard has had the migrator ended.
- action: FailJob
  onExitCodes:
    containerName: guard
    operator: In
    values: [24]
- action: FailJob
  onExitCodes:
    containerName: migrator
    operator: NotIn
    values: {{ include "lotse.migrator.failure.retryExitCodes" . }}
{{- else -}}
# Lotse's own verdicts (20-29): a retry would fail in the same way. The others, 143 (interrupted) and 1, are retried.
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
lotse.migrator.failure.retryExitCodes renders migrations.retryExitCodes as a JSON list in ascending order, which Kubernetes requires.
Argument: the root context. They are padded with zeros to sort as text. No codes become [0], because Kubernetes refuses an empty list.
*/}}
{{- define "lotse.migrator.failure.retryExitCodes" -}}
{{- $padded := list -}}
{{- range .Values.migrations.retryExitCodes -}}{{- $padded = append $padded (int . | printf "%03d") -}}{{- end -}}
{{- $codes := list -}}
{{- range sortAlpha $padded -}}{{- $codes = append $codes (atoi .) -}}{{- end -}}
{{- $codes | default (list 0) | toJson -}}
{{- end }}
