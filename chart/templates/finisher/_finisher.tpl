{{/*
lotse.finisher renders true when the finisher runs Lotse's own engine, or nothing: with a foreign migrator only tasks come after the rollout.
Argument: the root context.
*/}}
{{- define "lotse.finisher" -}}
{{- if and .Values.finish.enabled (not (include "lotse.engine.foreign" .)) -}}true{{- end -}}
{{- end }}

{{/*
lotse.finisher.name renders the name of the finisher's objects, at most 52 characters, which is Kubernetes' limit for a CronJob.
Argument: the root context.
*/}}
{{- define "lotse.finisher.name" -}}
{{- include "lotse.name.object" (dict "root" . "suffix" "finisher" "limit" 52) -}}
{{- end }}

{{/*
lotse.finisher.serviceAccountName renders the name of the ServiceAccount that the finisher runs as: its own, or the one that the migrator was given.
Argument: the root context. It logs in to the database as the migrator does, so it needs the same identity in the cloud.
*/}}
{{- define "lotse.finisher.serviceAccountName" -}}
{{- .Values.finish.serviceAccount.name | default .Values.migrations.serviceAccount.name | default (include "lotse.finisher.name" .) -}}
{{- end }}

{{/*
lotse.finisher.version renders what tells the pods of one version from those of another: finish.version, or the hash of what the migrator runs.
Argument: the root context.
*/}}
{{- define "lotse.finisher.version" -}}
{{- .Values.finish.version | default (include "lotse.migrator.name.run" .) -}}
{{- end }}

{{/*
lotse.finisher.annotations renders, for the pod template of a Deployment, the annotation by which the finisher knows its version; nothing without a finisher.
Argument: the root context; in a parent chart the parent's own, or .Subcharts.ALIAS.
*/}}
{{- define "lotse.finisher.annotations" -}}
{{- $found := dict "root" . -}}{{- include "lotse.app.dependency" $found -}}
{{- if $found.root.Values.finish.enabled -}}
lotse/version: {{ include "lotse.finisher.version" $found.root | quote }}
{{- end -}}
{{- end }}

{{/*
lotse.finisher.deployments renders, as a JSON list, the names of the Deployments whose rollout has to be complete: all workloads, then finish.deployments.
Argument: the root context.
*/}}
{{- define "lotse.finisher.deployments" -}}
{{- $names := list -}}
{{- range $name, $_ := .Values.workloads -}}{{- $names = append $names (include "lotse.name.object" (dict "root" $ "suffix" $name)) -}}{{- end -}}
{{- range .Values.finish.deployments -}}{{- $names = append $names (tpl . $) -}}{{- end -}}
{{- $names | uniq | toJson -}}
{{- end }}

{{/*
lotse.finisher.as renders nothing, and sets "as" in its argument to a root context in which the finisher, or a task that comes after the rollout, is the migrator.
Argument: dict "root" the root context, "task" an entry of migrations.tasks, optional.

What the finisher has of its own replaces what the migrator has. What only the first run of a database needs is left out. The version is the release's:
the hash of a task is another one.
*/}}
{{- define "lotse.finisher.as" -}}
{{- $finish := deepCopy .root.Values.finish -}}
{{- $_ := set $finish "version" (include "lotse.finisher.version" .root) -}}
{{- $_ := set $finish "deployments" (include "lotse.finisher.deployments" .root | fromJsonArray) -}}
{{- $task := .task | default (dict "budgets" (dict "helm" $finish.budgets.job "job" $finish.budgets.job "run" $finish.budgets.run "lockWait" $finish.budgets.run "connect" "")) -}}
{{- $found := dict "root" .root "task" $task -}}{{- include "lotse.migrator.task" $found -}}
{{- $migrations := deepCopy $found.as.Values.migrations -}}
{{- $_ := set $migrations "keepFor" "" -}}
{{- $_ := set $migrations "pod" (include "lotse.pod.merged" (dict "pod" $migrations.pod "override" $finish.pod) | fromYaml) -}}
{{- if not .task -}}
{{- $_ := set $migrations "resources" $finish.resources -}}
{{- $_ := set $migrations "adopt" "" -}}
{{- $_ := set $migrations "waitFor" list -}}
{{- end -}}
{{- if not $migrations.command -}}{{- $_ := set $migrations "events" $finish.events -}}{{- end -}}
{{- $_ := set $found.as.Values "migrations" $migrations -}}
{{- $_ := set $found.as.Values "finish" $finish -}}
{{- $_ := set . "as" $found.as -}}
{{- end }}
