{{/*
lotse.migrator.hook renders the annotations that make an object a Helm hook; Argo CD reads the same ones as PreSync.
Argument: the hook's weight, a number. Helm orders by weight and then by name, not by kind, so each kind needs its own.

before-hook-creation alone: hook-failed would delete a migrator that is still running, hook-succeeded its log, and a policy
without before-hook-creation makes the next run fail on "already exists". Both events: after a failed first install Helm upgrades.
*/}}
{{- define "lotse.migrator.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-delete-policy: before-hook-creation
helm.sh/hook-weight: {{ . | quote }}
{{- end }}

{{/*
lotse.migrator.outputLog renders the annotation that makes Helm print the migrator's log, or nothing.
Argument: the root context. The annotation crashes Flux's helm-controller (fluxcd/helm-controller#1562), hence "auto".
*/}}
{{- define "lotse.migrator.outputLog" -}}
{{- $wanted := .Values.migrations.outputLog -}}
{{- $flux := .Capabilities.APIVersions.Has "helm.toolkit.fluxcd.io/v2" -}}
{{- if or (eq $wanted "always") (and (eq $wanted "auto") (not $flux)) -}}
helm.sh/hook-output-log-policy: hook-failed,hook-succeeded
{{- end -}}
{{- end }}

{{/*
lotse.migrator.name renders the name of the migrator's Job and ServiceAccount; a Job's name must fit a label, so 63 characters.
Argument: the root context.
*/}}
{{- define "lotse.migrator.name" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "migrator") -}}
{{- end }}

{{/*
lotse.migrator.filesName renders the name of the migrator's own copy of config.files, a ConfigMap.
Argument: the root context.
*/}}
{{- define "lotse.migrator.filesName" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "migrator-files") -}}
{{- end }}

{{/*
lotse.migrator.secretName renders the name of the Secret with the migrator's inline database URL.
Argument: the root context.
*/}}
{{- define "lotse.migrator.secretName" -}}
{{- include "lotse.objectName" (dict "root" . "suffix" "migrator-database") -}}
{{- end }}
