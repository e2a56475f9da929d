{{/*
lotse.source.kind renders where the migrations are: image, files, configMap or application.
Argument: the root context. lotse.validate refuses more than one.
*/}}
{{- define "lotse.source.kind" -}}
{{- $source := .Values.migrations.source -}}
{{- if $source.files -}}files
{{- else if $source.configMap -}}configMap
{{- else if $source.application -}}application
{{- else -}}image
{{- end -}}
{{- end }}

{{/*
lotse.source.path renders the folder in which Lotse finds the migrations.
Argument: the root context.
*/}}
{{- define "lotse.source.path" -}}
{{- ternary .Values.migrations.source.path "/lotse/migrations" (eq (include "lotse.source.kind" .) "image") -}}
{{- end }}

{{/*
lotse.source.volumes renders, as a YAML list, the volume that holds the migrations when the image does not.
Argument: dict "root" the root context, "files" the name of the ConfigMap with migrations.source.files.
*/}}
{{- define "lotse.source.volumes" -}}
{{- $kind := include "lotse.source.kind" .root -}}
{{- if eq $kind "files" }}
- name: {{ include "lotse.prefix" .root }}-migrations
  configMap:
    name: {{ .files | quote }}
{{- else if eq $kind "configMap" }}
- name: {{ include "lotse.prefix" .root }}-migrations
  configMap:
    name: {{ .root.Values.migrations.source.configMap | quote }}
{{- else if eq $kind "application" }}
- name: {{ include "lotse.prefix" .root }}-migrations
  emptyDir: {}
{{- else }}[]
{{- end }}
{{- end }}

{{/*
lotse.source.volumeMounts renders the mount that goes with lotse.source.volumes.
Argument: the root context.
*/}}
{{- define "lotse.source.volumeMounts" -}}
{{- if eq (include "lotse.source.kind" .) "image" }}[]
{{- else }}
- name: {{ include "lotse.prefix" . }}-migrations
  mountPath: /lotse/migrations
  readOnly: true
{{- end }}
{{- end }}

{{/*
lotse.source.initContainers renders, as a YAML list, the container that copies the migrations out of the application's image, which needs cp.
Argument: dict "root" the root context, "pod" the result of lotse.pod.
*/}}
{{- define "lotse.source.initContainers" -}}
{{- if eq (include "lotse.source.kind" .root) "application" }}
- name: {{ include "lotse.containerName" (dict "root" .root "name" "migrations") }}
  {{- include "lotse.imageFields" (include "lotse.application.image" .root | fromYaml) | nindent 2 }}
  command: [cp, -R, {{ printf "%s/." (trimSuffix "/" .root.Values.migrations.source.application) | quote }}, /lotse/migrations/]
  terminationMessagePolicy: FallbackToLogsOnError
  resources:
    requests: {cpu: 10m, memory: 16Mi}
    limits: {memory: 64Mi}
  {{- with .pod.containerSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: {{ include "lotse.prefix" .root }}-migrations
      mountPath: /lotse/migrations
{{- else }}[]
{{- end }}
{{- end }}

{{/*
lotse.application.image renders, as YAML, the application's image: migrations.image, or the one of the workload that migrations.workload names.
Argument: the root context.
*/}}
{{- define "lotse.application.image" -}}
{{- if .Values.migrations.workload -}}
{{- dig .Values.migrations.workload "image" dict (.Values.workloads | default dict) | toYaml -}}
{{- else -}}
{{- toYaml .Values.migrations.image -}}
{{- end -}}
{{- end }}
