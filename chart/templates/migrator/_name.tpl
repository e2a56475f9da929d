{{/*
lotse.migrator.name renders the name of the migrator's Job; a Job's name must fit a label, so 63 characters.
Argument: the root context. In mode job it carries a hash of what the Job would run: a Job cannot be changed, and an unchanged one need not run again.
*/}}
{{- define "lotse.migrator.name" -}}
{{- $suffix := ternary "migrator" (printf "migrator-%s" (include "lotse.migrator.name.run" .)) (eq (include "lotse.mode" .) "hook") -}}
{{- include "lotse.name.object" (dict "root" . "suffix" $suffix) -}}
{{- end }}

{{/*
lotse.migrator.name.onDemand renders the name of the CronJob from which a Job on demand is made; Kubernetes allows it 52 characters.
Argument: dict "root" the root context, "task" a name of migrations.tasks, or empty for the migrator itself.
*/}}
{{- define "lotse.migrator.name.onDemand" -}}
{{- include "lotse.name.object" (dict "root" .root "suffix" (ternary (printf "migrator-%s" .task) "migrator" (ne .task "")) "limit" 52) -}}
{{- end }}

{{/*
lotse.migrator.name.run renders ten hexadecimal digits that tell what a Job runs: everything in its spec, and what is in its ConfigMaps and Secret.
Argument: the root context. The gate knows by them whether a Job is the one of its own version.
*/}}
{{- define "lotse.migrator.name.run" -}}
{{- $owner := include "lotse.migrator.owner" . -}}
{{- $spec := include "lotse.migrator.job.spec" (dict "root" . "owner" $owner) -}}
{{- $database := include "lotse.migrator.database" . | fromYaml -}}
{{- list ($spec | fromYaml) .Values.config.files .Values.migrations.source.files ($database.url | default "") (include "lotse.postgres.password" .) | toJson | sha256sum | trunc 10 -}}
{{- end }}
