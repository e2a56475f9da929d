{{/*
lotse.migrator.name renders the name of the migrator's Job, at most 63 characters, because Kubernetes puts it into a label.
Argument: the root context. In job mode it contains a hash of what the Job runs: a Job is immutable, and an unchanged one need not run again.
*/}}
{{- define "lotse.migrator.name" -}}
{{- $suffix := ternary "migrator" (printf "migrator-%s" (include "lotse.migrator.name.run" .)) (eq (include "lotse.mode" .) "hook") -}}
{{- include "lotse.name.object" (dict "root" . "suffix" $suffix) -}}
{{- end }}

{{/*
lotse.migrator.name.onDemand renders the name of the CronJob for Jobs on demand, at most 52 characters, which is Kubernetes' limit.
Argument: dict "root" the root context, "task" a name of migrations.tasks, or empty for the migrator itself.
*/}}
{{- define "lotse.migrator.name.onDemand" -}}
{{- include "lotse.name.object" (dict "root" .root "suffix" (ternary (printf "migrator-%s" .task) "migrator" (ne .task "")) "limit" 52) -}}
{{- end }}

{{/*
lotse.migrator.name.run renders ten hexadecimal digits that identify what a Job runs: a hash of its spec and of its ConfigMaps and Secret.
Argument: the root context. The gate uses them to recognize the Job of its own version.
*/}}
{{- define "lotse.migrator.name.run" -}}
{{- $owner := include "lotse.migrator.owner" . -}}
{{- $spec := include "lotse.migrator.job.spec" (dict "root" . "owner" $owner) -}}
{{- $database := include "lotse.migrator.database" . | fromYaml -}}
{{- list ($spec | fromYaml) .Values.config.files .Values.migrations.source.files ($database.url | default "") (include "lotse.postgres.password" .) | toJson | sha256sum | trunc 10 -}}
{{- end }}
