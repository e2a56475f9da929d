{{/*
lotse.migrator.env renders the migrator's environment: what hook/config reads, then the database, then config.env.
Argument: the root context. This is the one place that knows the LOTSE_ names.
*/}}
{{- define "lotse.migrator.env" -}}
{{- $budgets := include "lotse.migrator.budgets" . | fromYaml -}}
{{- $database := dict "database" (include "lotse.migrator.database" . | fromYaml) "secret" (include "lotse.migrator.secretName" .) -}}
{{- $own := list
  (dict "name" "LOTSE_MIGRATIONS" "value" .Values.migrations.path)
  (dict "name" "LOTSE_SCHEMA" "value" .Values.migrations.history.schema)
  (dict "name" "LOTSE_HISTORY_TABLE" "value" .Values.migrations.history.table)
  (dict "name" "LOTSE_TIMEOUT" "value" (printf "%ds" (int $budgets.run)))
  (dict "name" "LOTSE_LOCK_WAIT" "value" (printf "%ds" (int $budgets.lockWait)))
  (dict "name" "LOTSE_CONNECT_TIMEOUT" "value" (printf "%ds" (int $budgets.connect)))
  (dict "name" "LOTSE_LOG_FORMAT" "value" .Values.migrations.logFormat)
  (dict "name" "LOTSE_RELEASE" "value" (printf "%s/%s" .Release.Namespace .Release.Name))
  (dict "name" "LOTSE_POD" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.name")))
-}}
{{- $database = include "lotse.database.env" $database | fromYamlArray -}}
{{- $shared := include "lotse.envEntries" .Values.config.env | fromYamlArray -}}
{{- include "lotse.env" (concat $own $database $shared) -}}
{{- end }}
