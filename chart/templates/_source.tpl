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
lotse.source.volumes renders, as a YAML list, the volume for migrations that are not in the image.
Argument: dict "root" the root context, "files" the name of the ConfigMap with migrations.source.files.
*/}}
{{- define "lotse.source.volumes" -}}
{{- $kind := include "lotse.source.kind" .root -}}
{{- if eq $kind "files" }}
- name: {{ include "lotse.name.prefix" .root }}-migrations
  configMap:
    name: {{ .files | quote }}
{{- else if eq $kind "configMap" }}
- name: {{ include "lotse.name.prefix" .root }}-migrations
  configMap:
    name: {{ .root.Values.migrations.source.configMap | quote }}
{{- else if eq $kind "application" }}
- name: {{ include "lotse.name.prefix" .root }}-migrations
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
- name: {{ include "lotse.name.prefix" . }}-migrations
  mountPath: /lotse/migrations
  readOnly: true
{{- end }}
{{- end }}

{{/*
lotse.source.initContainers renders, as a YAML list, the container that copies the migrations out of the application's image. The image needs cp.
Argument: dict "root" the root context, "pod" the result of lotse.pod.
*/}}
{{- define "lotse.source.initContainers" -}}
{{- if eq (include "lotse.source.kind" .root) "application" }}
- name: {{ include "lotse.name.container" (dict "root" .root "name" "migrations") }}
  {{- include "lotse.image.fields" (dict "root" .root "image" (include "lotse.image.application" .root | fromYaml)) | nindent 2 }}
  command: [cp, -R, {{ printf "%s/." (trimSuffix "/" .root.Values.migrations.source.application) | quote }}, /lotse/migrations/]
  terminationMessagePolicy: FallbackToLogsOnError
  {{- with .root.Values.migrations.copy.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .pod.containerSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: {{ include "lotse.name.prefix" .root }}-migrations
      mountPath: /lotse/migrations
{{- else }}[]
{{- end }}
{{- end }}

{{/*
lotse.source.validate renders what is wrong with migrations.source.
Argument: the root context.
*/}}
{{- define "lotse.source.validate" -}}
{{- $source := .Values.migrations.source }}
{{- $given := list }}
{{- range $kind := list "files" "configMap" "application" }}{{ if get $source $kind }}{{ $given = append $given $kind }}{{ end }}{{ end }}
{{- if gt (len $given) 1 }}
lotse: migrations.source is set in more than one way: {{ join " and " $given }}. Keep exactly one of files, configMap and application.
{{- end }}
{{- range $name, $_ := $source.files }}
{{- if not (regexMatch "^[A-Za-z0-9_-][A-Za-z0-9._-]*[.](sql|ts|js|mts|mjs|cts|cjs)$" $name) }}
lotse: migrations.source.files {{ $name }} is not a valid name for a migration. Use letters, digits, ".", "_" and "-", and end it in .sql, .ts or .js.
{{- end }}
{{- end }}
{{- include "lotse.files.validate" (dict "files" $source.files "at" "migrations.source.files" "remedy" "Put the migrations into an image: COPY migrations /migrations in a Dockerfile that starts from Lotse's, or use migrations.source.application.") }}
{{- if and (ne ($source.format | default "auto") "auto") (include "lotse.engine.foreign" .) }}{{ $given = append $given "format" }}{{ end }}
{{- if and $given (include "lotse.engine.foreign" .) }}
lotse: migrations.source.{{ first $given }} has no effect with migrations.command, which finds its migrations itself. Remove one of the two.
{{- end }}
{{- end }}
