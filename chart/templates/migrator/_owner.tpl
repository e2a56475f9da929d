{{/*
lotse.migrator.owner renders who owns the Job of a release: "hook" or "release".
Argument: the root context.
*/}}
{{- define "lotse.migrator.owner" -}}
{{- ternary "hook" "release" (eq (include "lotse.mode" .) "hook") -}}
{{- end }}

{{/*
lotse.migrator.owner.all renders, as a JSON list, who owns what the migrator's pods need: "hook", "release", or both.
Argument: the root context.

In hook mode, Helm deletes and recreates them before each install and upgrade, so that the Job depends on no other object of the chart.
Jobs on demand and the Job of job mode need objects that stay. If an object changed its owner but kept its name, Helm would delete it, or refuse
it for "invalid ownership metadata", so the two owners' objects have different names.
*/}}
{{- define "lotse.migrator.owner.all" -}}
{{- $owners := list -}}
{{- if .Values.migrations.enabled -}}{{- $owners = append $owners (include "lotse.migrator.owner" .) -}}{{- end -}}
{{- if or .Values.migrations.onDemand (include "lotse.migrator.task.onDemand" . | fromJsonArray) -}}{{- $owners = append $owners "release" -}}{{- end -}}
{{- $owners | uniq | toJson -}}
{{- end }}

{{/*
lotse.migrator.owner.data renders, as a JSON list, who owns the migrator's ConfigMaps and Secret: as lotse.migrator.owner.all; the finisher uses the release's.
Argument: the root context.
*/}}
{{- define "lotse.migrator.owner.data" -}}
{{- $owners := include "lotse.migrator.owner.all" . | fromJsonArray -}}
{{- if .Values.finish.enabled -}}{{- $owners = append $owners "release" -}}{{- end -}}
{{- $owners | uniq | toJson -}}
{{- end }}

{{/*
lotse.migrator.owner.objectName renders the name of one of the migrator's objects: shop-migrator… of the hook, shop-migrator-job… of the release.
Argument: dict "root" the root context, "owner" hook or release, "suffix" the last part, optional.
*/}}
{{- define "lotse.migrator.owner.objectName" -}}
{{- $suffix := ternary "migrator" "migrator-job" (eq .owner "hook") -}}
{{- with .suffix -}}{{- $suffix = printf "%s-%s" $suffix . -}}{{- end -}}
{{- include "lotse.name.object" (dict "root" .root "suffix" $suffix) -}}
{{- end }}

{{/*
lotse.migrator.owner.serviceAccountName renders the name of the ServiceAccount that the migrator runs as.
Argument: dict "root" the root context, "owner" hook or release.
*/}}
{{- define "lotse.migrator.owner.serviceAccountName" -}}
{{- .root.Values.migrations.serviceAccount.name | default (include "lotse.migrator.owner.objectName" .) -}}
{{- end }}

{{/*
lotse.migrator.owner.metadata renders the metadata of one of the migrator's objects, including the annotations of a hook.
Argument: dict "root" the root context, "owner" hook or release, "name" the object's name, "weight" its hook weight, a number,
"annotations" a map, optional.

Helm orders hooks by weight and then by name, not by kind, so each kind has its own weight. Argo CD treats the same annotations as PreSync
and needs some seconds for each weight; it does order by kind, so there everything that the Job needs is in one wave before it.
Only before-hook-creation: hook-failed would delete a migrator that is still running, hook-succeeded would delete its log, and without
before-hook-creation the next run fails with "already exists". Both events, because after a failed first install Helm upgrades.
*/}}
{{- define "lotse.migrator.owner.metadata" -}}
{{- $annotations := dict -}}
{{- if eq .owner "hook" -}}
{{- $annotations = dict "helm.sh/hook" "pre-install,pre-upgrade" "helm.sh/hook-delete-policy" "before-hook-creation" "helm.sh/hook-weight" (toString .weight) -}}
{{- if lt (int .weight) 0 -}}{{- $_ := set $annotations "argocd.argoproj.io/sync-wave" "-1" -}}{{- end -}}
{{- end -}}
{{- range $key, $value := .annotations -}}{{- $_ := set $annotations $key $value -}}{{- end -}}
{{- include "lotse.metadata" (dict "root" .root "name" .name "component" "migrator" "annotations" $annotations) -}}
{{- end }}
