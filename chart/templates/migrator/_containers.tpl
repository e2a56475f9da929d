{{/*
lotse.migrator.container renders, as a YAML list, the container that runs Lotse's own engine.
Argument: dict "root" the root context, "owner" hook or release, "pod" the result of lotse.migrator.pod.
*/}}
{{- define "lotse.migrator.container" -}}
{{- $mounts := include "lotse.migrator.volumeMounts" .root | fromYamlArray -}}
{{- $mounts = concat $mounts (include "lotse.source.volumeMounts" .root | fromYamlArray) -}}
{{- if .root.Values.migrations.events -}}
{{- $mounts = concat $mounts (include "lotse.token.volumeMount" .root | fromYamlArray) -}}
{{- end -}}
- name: migrator
  {{- include "lotse.imageFields" .root.Values.image | nindent 2 }}
  args: [up]
  env:
    {{- include "lotse.migrator.env" . | nindent 4 }}
  {{- include "lotse.containerEnd" (dict "root" .root "pod" .pod "own" true "mounts" $mounts "resources" .root.Values.migrations.resources) | nindent 2 }}
{{- end }}

{{/*
lotse.migrator.foreignContainer renders, as a YAML list, the container that runs the application's own tool while the guard beside it holds the run lock.
Argument: dict "root" the root context, "owner" hook or release, "pod" the result of lotse.migrator.pod.

The probe asks the guard, which is in the same pod: a tool whose lock is lost is ended by Kubernetes within seconds.
*/}}
{{- define "lotse.migrator.foreignContainer" -}}
- name: migrator
  {{- include "lotse.imageFields" (include "lotse.application.image" .root | fromYaml) | nindent 2 }}
  command:
    {{- toYaml .root.Values.migrations.command | nindent 4 }}
  {{- with .root.Values.migrations.args }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  env:
    {{- include "lotse.migrator.databaseEnv" . | nindent 4 }}
  livenessProbe:
    httpGet: {path: /held, port: 5439}
    periodSeconds: 2
    failureThreshold: 2
  {{- include "lotse.containerEnd" (dict "root" .root "pod" .pod "own" false "mounts" (include "lotse.migrator.volumeMounts" .root | fromYamlArray) "resources" .root.Values.migrations.resources) | nindent 2 }}
{{- end }}

{{/*
lotse.migrator.initContainers renders, as a YAML list, what starts before the migrator: the pod's own (a database's proxy, for example), then what its engine needs.
Argument: dict "root" the root context, "owner" hook or release, "pod" the result of lotse.migrator.pod.

Lotse's engine needs the copy of the migrations; a foreign migrator needs the guard, a native sidecar that holds the run lock, and run-lock, which waits for
it and ends the pod if the lock cannot be had.
*/}}
{{- define "lotse.migrator.initContainers" -}}
{{- $mounts := include "lotse.migrator.volumeMounts" .root | fromYamlArray -}}
{{- $mounts = append $mounts (dict "name" "lotse-guard" "mountPath" "/lotse/guard") -}}
{{- $small := dict "requests" (dict "cpu" "10m" "memory" "64Mi") "limits" (dict "memory" "256Mi") -}}
{{- with .pod.initContainers }}{{ toYaml . }}{{ end }}
{{- if eq (include "lotse.foreign" .root) "true" }}
- name: guard
  restartPolicy: Always
  {{- include "lotse.imageFields" .root.Values.image | nindent 2 }}
  args: [guard, --state, /lotse/guard, --port, "5439"]
  env:
    {{- include "lotse.migrator.env" . | nindent 4 }}
  startupProbe:
    httpGet: {path: /decided, port: 5439}
    periodSeconds: 1
    failureThreshold: {{ (include "lotse.migrator.budgets" .root | fromYaml).job | int }}
  {{- include "lotse.containerEnd" (dict "root" .root "pod" .pod "own" true "mounts" $mounts "resources" $small) | nindent 2 }}
- name: run-lock
  {{- include "lotse.imageFields" .root.Values.image | nindent 2 }}
  args: [guard, --verdict, /lotse/guard]
  env:
    {{- include "lotse.ownEnv" .root | nindent 4 }}
    {{- include "lotse.nodeOptions" dict | nindent 4 }}
  {{- include "lotse.containerEnd" (dict "root" .root "pod" .pod "own" true "mounts" $mounts "resources" $small) | nindent 2 }}
{{- else }}
{{- with include "lotse.source.initContainers" (dict "root" .root "pod" .pod) | fromYamlArray }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}

{{/*
lotse.migrator.volumeMounts renders, as a YAML list, what every container of the migrator's pod mounts.
Argument: the root context.
*/}}
{{- define "lotse.migrator.volumeMounts" -}}
{{- $shared := include "lotse.volumeMounts" (dict "root" . "database" (include "lotse.migrator.database" . | fromYaml)) | fromYamlArray -}}
{{- concat $shared (.Values.migrations.volumeMounts | default list) | toYaml -}}
{{- end }}
