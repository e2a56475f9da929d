{{/*
lotse.migrator.ready renders true when a Job of its own shows, before the migrator's, whether that has what it needs; or nothing.
Argument: the root context.

Helm prints the log of a Job's containers, and not that of its init containers: it would not show why the guard of a foreign migrator gives up, or why
migrations cannot be copied out of the application's image. In this Job the same runs in the container itself. An ordinary Job's log is never printed.
*/}}
{{- define "lotse.migrator.ready" -}}
{{- $copies := eq (include "lotse.source.kind" .) "application" -}}
{{- if and .Values.migrations.enabled (eq (include "lotse.mode" .) "hook") (or $copies (include "lotse.engine.foreign" .)) -}}true{{- end -}}
{{- end }}

{{/*
lotse.migrator.ready.containers renders, as a YAML list, the container of that Job: the copy of the migrations, or Lotse.
Argument: dict "root" the root context, "owner" hook, "pod" the result of lotse.migrator.pod. Lotse looks for what the foreign migrator gets from Secrets and
ConfigMaps, waits for services and the database, and takes the run lock for a moment.
*/}}
{{- define "lotse.migrator.ready.containers" -}}
{{- if include "lotse.engine.foreign" .root -}}
{{- $sources := include "lotse.migrator.sources" . | fromYaml -}}
- name: ready
  {{- include "lotse.image.fields" (dict "root" .root "image" .root.Values.image) | nindent 2 }}
  args: [guard, --try]
  env:
    {{- toYaml $sources.env | nindent 4 }}
  {{- include "lotse.container" (dict "root" .root "pod" .pod "own" true "mounts" $sources.mounts "envFrom" $sources.envFrom "resources" .root.Values.migrations.guard.resources) | nindent 2 }}
{{- else -}}
{{- include "lotse.source.initContainers" . -}}
{{- end -}}
{{- end }}

{{/*
lotse.migrator.ready.volumes renders, as a YAML list, the volumes of that Job's pod.
Argument: as for lotse.migrator.ready.containers.
*/}}
{{- define "lotse.migrator.ready.volumes" -}}
{{- if include "lotse.engine.foreign" .root -}}
{{- include "lotse.migrator.sources.volumes" . -}}
{{- else -}}
{{- include "lotse.source.volumes" (dict "root" .root "files" "") -}}
{{- end -}}
{{- end }}

{{/*
lotse.migrator.ready.rules renders, as a YAML list, which failures of that Job are final: those that a retry would not settle.
Argument: the root context.
*/}}
{{- define "lotse.migrator.ready.rules" -}}
- action: Ignore
  onPodConditions:
    - {type: DisruptionTarget, status: "True"}
- action: FailJob
  onExitCodes:
    containerName: {{ if include "lotse.engine.foreign" . }}ready{{ else }}{{ include "lotse.name.container" (dict "root" . "name" "migrations") }}{{ end }}
    operator: NotIn
    values: {{ if include "lotse.engine.foreign" . }}[1, 137, 143]{{ else }}[137, 143]{{ end }}
{{- end }}
