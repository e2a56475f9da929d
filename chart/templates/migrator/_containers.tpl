{{/*
lotse.migrator.containers renders, as a YAML list, the container that migrates: with Lotse's own engine, or with the application's own tool.
Argument: dict "root" the root context, "owner" hook or release, "pod" the result of lotse.migrator.pod.
*/}}
{{- define "lotse.migrator.containers" -}}
{{- if include "lotse.engine.foreign" .root -}}
{{- include "lotse.migrator.containers.foreign" . -}}
{{- else -}}
{{- include "lotse.migrator.containers.own" . -}}
{{- end -}}
{{- end }}

{{/*
lotse.migrator.containers.own renders, as a YAML list, the container that runs Lotse's own engine.
Argument: dict "root" the root context, "owner" hook or release, "pod" the result of lotse.migrator.pod, "part" as for lotse.migrator.job.spec.
*/}}
{{- define "lotse.migrator.containers.own" -}}
{{- $sources := include "lotse.migrator.sources" . | fromYaml -}}
- name: migrator
  {{- include "lotse.image.fields" (dict "root" .root "image" .root.Values.image) | nindent 2 }}
  args: [{{ ternary "finish" "up" (eq .part "finisher") }}{{ if .root.Values.migrations.everyPhase }}, --every-phase{{ end }}]
  env:
    {{- toYaml $sources.env | nindent 4 }}
  {{- include "lotse.container" (dict "root" .root "pod" .pod "own" true "mounts" $sources.mounts "envFrom" $sources.envFrom "resources" .root.Values.migrations.resources) | nindent 2 }}
{{- end }}

{{/*
lotse.migrator.containers.foreign renders, as a YAML list, the container that runs the application's own tool while the guard beside it holds the run lock.
Argument: dict "root" the root context, "owner" hook or release, "pod" the result of lotse.migrator.pod.

The probe asks the guard in the same pod: if the lock is lost or the run's time is over, Kubernetes ends the tool within seconds. Its grace is short, so that
it has ended before the Job's deadline, which deletes the log, and before a server that nobody reaches lets go of the lock.
*/}}
{{- define "lotse.migrator.containers.foreign" -}}
- name: migrator
  {{- include "lotse.image.fields" (dict "root" .root "image" (include "lotse.image.application" .root | fromYaml)) | nindent 2 }}
  command:
    {{- toYaml .root.Values.migrations.command | nindent 4 }}
  {{- with .root.Values.migrations.args }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  env:
    {{- include "lotse.migrator.env.database" . | nindent 4 }}
  livenessProbe:
    httpGet: {path: /held, port: 5439}
    periodSeconds: 2
    failureThreshold: 2
    terminationGracePeriodSeconds: 10
  {{- include "lotse.container" (dict "root" .root "pod" .pod "own" false "mounts" (include "lotse.migrator.volumes.mounts" .root | fromYamlArray) "resources" .root.Values.migrations.resources) | nindent 2 }}
{{- end }}

{{/*
lotse.migrator.containers.init renders, as a YAML list, the init containers of the migrator's pod: those of `pod` (for example a database proxy), then Lotse's.
Argument: dict "root" the root context, "owner" hook or release, "pod" the result of lotse.migrator.pod, "part" as for lotse.migrator.job.spec.

Lotse's own engine may need the copy of the migrations. A foreign migrator needs the guard, a native sidecar that holds the run lock, and
run-lock, which waits for the guard and fails the pod if the guard cannot get the lock.
*/}}
{{- define "lotse.migrator.containers.init" -}}
{{- $resources := .root.Values.migrations.guard.resources -}}
{{- with .pod.initContainers }}{{ toYaml . }}{{ end }}
{{- if eq .part "task" }}
{{ include "lotse.finisher.rollout.container" . }}
{{- end }}
{{- if include "lotse.engine.foreign" .root }}
{{- $sources := include "lotse.migrator.sources" . | fromYaml }}
- name: guard
  restartPolicy: Always
  {{- include "lotse.image.fields" (dict "root" .root "image" .root.Values.image) | nindent 2 }}
  args: [guard, --state, /lotse/guard, --port, "5439"]
  env:
    {{- toYaml $sources.env | nindent 4 }}
  startupProbe:
    httpGet: {path: /decided, port: 5439}
    periodSeconds: 1
    failureThreshold: {{ include "lotse.migrator.budgets.job" .root }}
  {{- include "lotse.container" (dict "root" .root "pod" .pod "own" true "mounts" $sources.mounts "envFrom" $sources.envFrom "resources" $resources) | nindent 2 }}
- name: run-lock
  {{- include "lotse.image.fields" (dict "root" .root "image" .root.Values.image) | nindent 2 }}
  args: [guard, --verdict, /lotse/guard]
  env:
    {{- include "lotse.engine.env" .root | nindent 4 }}
    {{- include "lotse.env.nodeOptions" dict | nindent 4 }}
  {{- include "lotse.container" (dict "root" .root "pod" .pod "own" true "mounts" (include "lotse.migrator.sources.mounts" . | fromYamlArray) "envFrom" $sources.envFrom "resources" $resources) | nindent 2 }}
{{- else }}
{{- with include "lotse.source.initContainers" (dict "root" .root "pod" .pod) | fromYamlArray }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}
