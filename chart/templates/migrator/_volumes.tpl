{{/*
lotse.migrator.volumes renders, as a YAML list, the volumes of the migrator's pod.
Argument: dict "root" the root context, "owner" hook or release, "part" as for lotse.migrator.job.spec, optional.
*/}}
{{- define "lotse.migrator.volumes" -}}
{{- $files := include "lotse.migrator.owner.objectName" (dict "root" .root "owner" .owner "suffix" "files") -}}
{{- $migrations := include "lotse.migrator.owner.objectName" (dict "root" .root "owner" .owner "suffix" "migrations") -}}
{{- $volumes := include "lotse.config.volumes" (dict "root" .root "database" (include "lotse.migrator.database" .root | fromYaml) "files" $files) | fromYamlArray -}}
{{- if include "lotse.engine.foreign" .root -}}
{{- $volumes = append $volumes (dict "name" "lotse-guard" "emptyDir" dict) -}}
{{- else -}}
{{- $volumes = concat $volumes (include "lotse.source.volumes" (dict "root" .root "files" $migrations) | fromYamlArray) -}}
{{- end -}}
{{- if or .root.Values.migrations.events (has (.part | default "") (list "finisher" "task")) -}}
{{- $volumes = concat $volumes (include "lotse.token.volume" .root | fromYamlArray) -}}
{{- end -}}
{{- concat $volumes (.root.Values.migrations.volumes | default list) | toYaml -}}
{{- end }}

{{/*
lotse.migrator.volumes.mounts renders, as a YAML list, the mounts of every container in the migrator's pod.
Argument: the root context.
*/}}
{{- define "lotse.migrator.volumes.mounts" -}}
{{- $shared := include "lotse.config.volumeMounts" (dict "root" . "database" (include "lotse.migrator.database" . | fromYaml)) | fromYamlArray -}}
{{- concat $shared (.Values.migrations.volumeMounts | default list) | toYaml -}}
{{- end }}
