{{/*
lotse.engine.foreign renders true when the application's own tool migrates (migrations.command), or nothing.
Argument: the root context.
*/}}
{{- define "lotse.engine.foreign" -}}
{{- if .Values.migrations.command -}}true{{- end -}}
{{- end }}

{{/*
lotse.engine.needed renders true when a container of Lotse is part of what is rendered, or nothing.
Argument: the root context.
*/}}
{{- define "lotse.engine.needed" -}}
{{- $check := include "lotse.gate.check" . -}}
{{- if or .Values.migrations.enabled .Values.migrations.onDemand .Values.migrations.tasks .Values.finish.enabled (and (include "lotse.workload.needed" .) $check (ne $check "command")) -}}true{{- end -}}
{{- end }}

{{/*
lotse.engine.env renders, as a YAML list, the settings that Lotse gets both in the migrator and in the gate.
Argument: the root context. Only this file, lotse.migrator.env and lotse.gate.env know the LOTSE_ names.
*/}}
{{- define "lotse.engine.env" -}}
- name: LOTSE_MIGRATIONS
  value: {{ include "lotse.source.path" . | quote }}
{{- with .Values.migrations.source.format }}
{{- if ne . "auto" }}
- name: LOTSE_FORMAT
  value: {{ . | quote }}
{{- end }}
{{- end }}
- name: LOTSE_SCHEMA
  value: {{ .Values.migrations.history.schema | quote }}
- name: LOTSE_HISTORY_TABLE
  value: {{ .Values.migrations.history.table | quote }}
{{- with .Values.migrations.allow }}
- name: LOTSE_ALLOW
  value: {{ join "," . | quote }}
{{- end }}
- name: LOTSE_LOG_FORMAT
  value: {{ .Values.migrations.logFormat | quote }}
- name: LOTSE_RELEASE
  value: {{ printf "%s/%s" .Release.Namespace .Release.Name | quote }}
- name: LOTSE_POD
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- end }}

{{/*
lotse.engine.upEnv renders, as a YAML list, the further settings for `lotse up`, in the migrator and in a gate that migrates.
Argument: the root context.
*/}}
{{- define "lotse.engine.upEnv" -}}
{{- $limits := dict "LOTSE_ADOPT" .Values.migrations.adopt "LOTSE_LOCK_TIMEOUT" .Values.migrations.lockTimeout "LOTSE_STATEMENT_TIMEOUT" .Values.migrations.statementTimeout "LOTSE_CHECK" .Values.migrations.check "LOTSE_CHECK_TIMEOUT" .Values.migrations.checkTimeout "LOTSE_HISTORY_READERS" (include "lotse.engine.readers" .) "LOTSE_WAIT_FOR" (join "," .Values.migrations.waitFor) -}}
{{- $entries := list -}}
{{- range $name, $value := $limits -}}
{{- if $value -}}{{- $entries = append $entries (dict "name" $name "value" $value) -}}{{- end -}}
{{- end -}}
{{- toYaml $entries -}}
{{- end }}

{{/*
lotse.engine.readers renders, comma-separated, the roles that get SELECT on the history: migrations.history.readers, and the workloads' role if it differs from the migrator's.
Argument: the root context.
*/}}
{{- define "lotse.engine.readers" -}}
{{- $readers := .Values.migrations.history.readers | default list -}}
{{- $user := (include "lotse.database" . | fromYaml).user -}}
{{- if and $user (ne $user ((include "lotse.migrator.database" . | fromYaml).user | default "")) -}}{{- $readers = append $readers $user -}}{{- end -}}
{{- join "," ($readers | uniq) -}}
{{- end }}
