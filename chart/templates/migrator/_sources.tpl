{{/*
lotse.migrator.sources renders, as YAML, the env, envFrom and mounts of the container of Lotse that starts first in the migrator's pod, and the pod's volumes.
Argument: dict "root" the root context, "owner" hook or release, "pod" the result of lotse.migrator.pod.
Nobody makes what is missing while a hook runs: nothing else of the release changes meanwhile. An ordinary Job waits for it.
*/}}
{{- define "lotse.migrator.sources" -}}
{{- $wait := "" -}}
{{- if eq .owner "release" -}}{{- $wait = include "lotse.duration.text" (include "lotse.migrator.budgets" .root | fromYaml).run -}}{{- end -}}
{{- $env := include "lotse.migrator.env" . | fromYamlArray -}}
{{- $volumes := include "lotse.migrator.volumes" . | fromYamlArray -}}
{{- $mounts := include "lotse.migrator.sources.mounts" . | fromYamlArray -}}
{{- include "lotse.sources" (dict "root" .root "env" $env "envFrom" .root.Values.config.envFrom "volumes" $volumes "mounts" $mounts "before" .pod.initContainers "files" true "wait" $wait) -}}
{{- end }}

{{/*
lotse.migrator.sources.mounts renders, as a YAML list, the mounts of Lotse's containers in the migrator's pod, besides those of its sources.
Argument: dict "root" the root context, "part" as for lotse.migrator.job.spec, optional.
*/}}
{{- define "lotse.migrator.sources.mounts" -}}
{{- $mounts := include "lotse.migrator.volumes.mounts" .root | fromYamlArray -}}
{{- if include "lotse.engine.foreign" .root -}}
{{- $mounts = append $mounts (dict "name" "lotse-guard" "mountPath" "/lotse/guard") -}}
{{- else -}}
{{- $mounts = concat $mounts (include "lotse.source.volumeMounts" .root | fromYamlArray) -}}
{{- if or .root.Values.migrations.events (eq (.part | default "") "finisher") -}}
{{- $mounts = concat $mounts (include "lotse.token.volumeMount" .root | fromYamlArray) -}}
{{- end -}}
{{- end -}}
{{- toYaml $mounts -}}
{{- end }}

{{/*
lotse.migrator.sources.volumes renders, as a YAML list, the volumes of the migrator's pod, with those of its sources.
Argument: as for lotse.migrator.sources.
*/}}
{{- define "lotse.migrator.sources.volumes" -}}
{{- (include "lotse.migrator.sources" . | fromYaml).volumes | default list | toYaml -}}
{{- end }}
