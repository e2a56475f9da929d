{{/*
lotse.migrator.env renders the environment of Lotse in the migrator: what hook/config reads, then the database, then config.env.
Argument: dict "root" the root context, "owner" hook or release.
*/}}
{{- define "lotse.migrator.env" -}}
{{- $budgets := include "lotse.migrator.budgets" .root | fromYaml -}}
{{- $own := concat (include "lotse.ownEnv" .root | fromYamlArray) (list
  (dict "name" "LOTSE_TIMEOUT" "value" (printf "%ds" (int $budgets.run)))
  (dict "name" "LOTSE_LOCK_WAIT" "value" (printf "%ds" (int $budgets.lockWait)))
  (dict "name" "LOTSE_CONNECT_TIMEOUT" "value" (printf "%ds" (int $budgets.connect)))
) -}}
{{- $own = concat $own (include "lotse.upEnv" .root | fromYamlArray) -}}
{{- if .root.Values.migrations.events -}}
{{- $own = concat $own (include "lotse.eventsEnv" . | fromYamlArray) -}}
{{- end -}}
{{- $given := ternary dict .root.Values.migrations.env (eq (include "lotse.foreign" .root) "true") -}}
{{- include "lotse.env" (concat $own (include "lotse.migrator.databaseEnv" . | fromYamlArray) (include "lotse.nodeOptions" $given | fromYamlArray)) -}}
{{- end }}

{{/*
lotse.migrator.databaseEnv renders, as a YAML list, the environment that a foreign migrator gets: the database, then config.env, then migrations.env, which wins.
Argument: dict "root" the root context, "owner" hook or release.
*/}}
{{- define "lotse.migrator.databaseEnv" -}}
{{- $secret := include "lotse.migrator.objectName" (dict "root" .root "owner" .owner "suffix" "database") -}}
{{- $database := include "lotse.database.env" (dict "database" (include "lotse.migrator.database" .root | fromYaml) "secret" $secret) | fromYamlArray -}}
{{- $shared := include "lotse.envEntries" .root.Values.config.env | fromYamlArray -}}
{{- include "lotse.env" (concat $database $shared (include "lotse.envEntries" .root.Values.migrations.env | fromYamlArray)) -}}
{{- end }}

{{/*
lotse.ownEnv renders, as a YAML list, what Lotse is told in the migrator and in the gate alike.
Argument: the root context. With lotse.migrator.env and lotse.gate.env the one place that knows the LOTSE_ names.
*/}}
{{- define "lotse.ownEnv" -}}
- name: LOTSE_MIGRATIONS
  value: {{ include "lotse.source.path" . | quote }}
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
lotse.upEnv renders, as a YAML list, what `lotse up` is told besides, in the migrator and in a gate that migrates.
Argument: the root context.
*/}}
{{- define "lotse.upEnv" -}}
{{- $limits := dict "LOTSE_LOCK_TIMEOUT" .Values.migrations.lockTimeout "LOTSE_STATEMENT_TIMEOUT" .Values.migrations.statementTimeout "LOTSE_HISTORY_READERS" (include "lotse.migrator.readers" .) "LOTSE_WAIT_FOR" (join "," .Values.migrations.waitFor) -}}
{{- $entries := list -}}
{{- range $name, $value := $limits -}}
{{- if $value -}}{{- $entries = append $entries (dict "name" $name "value" $value) -}}{{- end -}}
{{- end -}}
{{- toYaml $entries -}}
{{- end }}

{{/*
lotse.eventsEnv renders, as a YAML list, which Job the migrator's Events are about. Kubernetes labels the pod with its Job's name and uid, so no permission is needed to ask.
Argument: none.
*/}}
{{- define "lotse.eventsEnv" -}}
- name: LOTSE_EVENTS
  value: "true"
- name: LOTSE_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: LOTSE_JOB
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['batch.kubernetes.io/job-name']
- name: LOTSE_JOB_UID
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['batch.kubernetes.io/controller-uid']
{{- end }}

{{/*
lotse.migrator.readers renders, by comma, the roles that get SELECT on the history: migrations.history.readers, and the workloads' role if it is not the migrator's.
Argument: the root context.
*/}}
{{- define "lotse.migrator.readers" -}}
{{- $readers := .Values.migrations.history.readers | default list -}}
{{- $user := (include "lotse.database" . | fromYaml).user -}}
{{- if and $user (ne $user ((include "lotse.migrator.database" . | fromYaml).user | default "")) -}}{{- $readers = append $readers $user -}}{{- end -}}
{{- join "," ($readers | uniq) -}}
{{- end }}
