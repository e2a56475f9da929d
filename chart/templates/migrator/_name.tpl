{{/*
lotse.migrator.name renders the name of the migrator's Job; a Job's name must fit a label, so 63 characters.
Argument: the root context. In mode job it carries a hash of what the Job would run: a Job cannot be changed, and an unchanged one need not run again.
*/}}
{{- define "lotse.migrator.name" -}}
{{- $suffix := ternary "migrator" (printf "migrator-%s" (include "lotse.migrator.run" .)) (eq (include "lotse.mode" .) "hook") -}}
{{- include "lotse.objectName" (dict "root" . "suffix" $suffix) -}}
{{- end }}

{{/*
lotse.migrator.onDemandName renders the name of the CronJob from which a Job on demand is made; Kubernetes allows it 52 characters.
Argument: dict "root" the root context, "task" a name of migrations.tasks, or empty for the migrator itself.
*/}}
{{- define "lotse.migrator.onDemandName" -}}
{{- include "lotse.objectName" (dict "root" .root "suffix" (ternary (printf "migrator-%s" .task) "migrator" (ne .task "")) "limit" 52) -}}
{{- end }}

{{/*
lotse.migrator.run renders ten hexadecimal digits that tell what a Job runs: everything in its spec, and what is in its ConfigMaps and Secret.
Argument: the root context. The gate knows by them whether a Job is the one of its own version.
*/}}
{{- define "lotse.migrator.run" -}}
{{- $owner := include "lotse.migrator.owner" . -}}
{{- $spec := include "lotse.migrator.jobSpec" (dict "root" . "owner" $owner) -}}
{{- $database := include "lotse.migrator.database" . | fromYaml -}}
{{- list ($spec | fromYaml) .Values.config.files .Values.migrations.source.files ($database.url | default "") (include "lotse.postgres.password" .) | toJson | sha256sum | trunc 10 -}}
{{- end }}

{{/*
lotse.migrator.outputLog renders true when Helm shall print the migrator's log, or nothing.
Argument: the root context. The annotation behind it crashes Flux's helm-controller (fluxcd/helm-controller#1562), hence "auto".
*/}}
{{- define "lotse.migrator.outputLog" -}}
{{- $wanted := .Values.migrations.outputLog -}}
{{- $flux := .Capabilities.APIVersions.Has "helm.toolkit.fluxcd.io/v2" -}}
{{- if or (eq $wanted "always") (and (eq $wanted "auto") (not $flux)) -}}true{{- end -}}
{{- end }}
