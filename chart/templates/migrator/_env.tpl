{{/*
lotse.migrator.env renders the environment of Lotse in the migrator: Lotse's settings, then the database, then config.env.
Argument: dict "root" the root context, "owner" hook or release, "part" as for lotse.migrator.job.spec, optional. Kubernetes labels the pod with its Job's name and uid, so these need no permission.
*/}}
{{- define "lotse.migrator.env" -}}
{{- $budgets := include "lotse.migrator.budgets" .root | fromYaml -}}
{{- $own := concat (include "lotse.engine.env" .root | fromYamlArray) (list
  (dict "name" "LOTSE_TIMEOUT" "value" (include "lotse.duration.text" $budgets.run))
  (dict "name" "LOTSE_LOCK_WAIT" "value" (include "lotse.duration.text" $budgets.lockWait))
  (dict "name" "LOTSE_CONNECT_TIMEOUT" "value" (include "lotse.duration.text" $budgets.connect))
  (dict "name" "LOTSE_JOB_UID" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.labels['batch.kubernetes.io/controller-uid']")))
) -}}
{{- $own = concat $own (include "lotse.engine.upEnv" .root | fromYamlArray) -}}
{{- if eq (.part | default "") "finisher" -}}{{- $own = concat $own (include "lotse.finisher.rollout.env" .root | fromYamlArray) -}}{{- end -}}
{{- if .root.Values.migrations.events -}}
{{- $own = concat $own (include "lotse.migrator.env.events" . | fromYamlArray) -}}
{{- end -}}
{{- $given := dict -}}
{{- if not (include "lotse.engine.foreign" .root) -}}{{- $given = .root.Values.migrations.env -}}{{- end -}}
{{- include "lotse.env" (concat $own (include "lotse.migrator.env.database" . | fromYamlArray) (include "lotse.env.nodeOptions" $given | fromYamlArray)) -}}
{{- end }}

{{/*
lotse.migrator.env.database renders, as a YAML list, the environment that a foreign migrator gets: the database, then config.env, then migrations.env. Later ones override earlier ones.
Argument: dict "root" the root context, "owner" hook or release.
*/}}
{{- define "lotse.migrator.env.database" -}}
{{- $secret := include "lotse.migrator.owner.objectName" (dict "root" .root "owner" .owner "suffix" "database") -}}
{{- $database := include "lotse.database.env" (dict "database" (include "lotse.migrator.database" .root | fromYaml) "secret" $secret) | fromYamlArray -}}
{{- $shared := include "lotse.env.entries" .root.Values.config.env | fromYamlArray -}}
{{- include "lotse.env" (concat $database $shared (include "lotse.env.entries" .root.Values.migrations.env | fromYamlArray)) -}}
{{- end }}

{{/*
lotse.migrator.env.events renders, as a YAML list, the Job that the migrator posts Events on; its uid is in lotse.migrator.env.
Argument: none.
*/}}
{{- define "lotse.migrator.env.events" -}}
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
{{- end }}
