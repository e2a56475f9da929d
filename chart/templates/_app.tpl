{{/*
lotse.app.dependency renders nothing, and sets "root" in its argument to the context of the dependency on Lotse.
Argument: dict "root" the context that the caller passed: the parent's own, or .Subcharts.ALIAS if the dependency has an alias.
*/}}
{{- define "lotse.app.dependency" -}}
{{- if not .root -}}
{{- fail "lotse: .Subcharts has no such alias, or its condition disables it. Use an alias from Chart.yaml, and put the include between {{ if .Values.ALIAS.enabled }} and {{ end }}." -}}
{{- end -}}
{{- $subcharts := .root.Subcharts | default dict -}}
{{- if hasKey $subcharts "lotse" -}}
{{- $_ := set . "root" (get $subcharts "lotse") -}}
{{- else if not (hasKey .root.Values "gate") -}}
{{- fail (printf "lotse: chart %s has no dependency called lotse. If its dependency has an alias, pass .Subcharts.ALIAS instead of the dot." .root.Chart.Name) -}}
{{- end -}}
{{- end }}

{{/*
lotse.app.env renders, for a container of a parent chart, the database's variables and config.env.
Argument: the parent's context, or .Subcharts.ALIAS.
*/}}
{{- define "lotse.app.env" -}}
{{- $found := dict "root" . -}}{{- include "lotse.app.dependency" $found -}}
{{- include "lotse.workload.env" (dict "root" $found.root "workload" dict) -}}
{{- end }}

{{/*
lotse.app.envFrom renders, for a container of a parent chart, config.envFrom; nothing when it is empty, so that the parent can add its own entries.
Argument: the parent's context, or .Subcharts.ALIAS.
*/}}
{{- define "lotse.app.envFrom" -}}
{{- $found := dict "root" . -}}{{- include "lotse.app.dependency" $found -}}
{{- with $found.root.Values.config.envFrom -}}{{ toYaml . }}{{- end -}}
{{- end }}

{{/*
lotse.app.volumeMounts renders, for a container of a parent chart, the database's CA, config.files and config.volumeMounts.
Argument: the parent's context, or .Subcharts.ALIAS.
*/}}
{{- define "lotse.app.volumeMounts" -}}
{{- $found := dict "root" . -}}{{- include "lotse.app.dependency" $found -}}
{{- with include "lotse.workload.pod.volumeMounts" $found.root | fromYamlArray -}}{{ toYaml . }}{{- end -}}
{{- end }}

{{/*
lotse.app.volumes renders, for a pod of a parent chart, the volumes of lotse.app.volumeMounts and of lotse.gate.
Argument: the parent's context, or .Subcharts.ALIAS.
*/}}
{{- define "lotse.app.volumes" -}}
{{- $found := dict "root" . -}}{{- include "lotse.app.dependency" $found -}}
{{- with include "lotse.workload.pod.volumes" (dict "root" $found.root "gate" true) | fromYamlArray -}}{{ toYaml . }}{{- end -}}
{{- end }}

{{/*
lotse.app.annotations renders, for the pods of a parent chart, an annotation that rolls them when the configuration changes.
Argument: the parent's context, or .Subcharts.ALIAS.
*/}}
{{- define "lotse.app.annotations" -}}
{{- $found := dict "root" . -}}{{- include "lotse.app.dependency" $found -}}
checksum/{{ include "lotse.name" $found.root }}: {{ include "lotse.workload.pod.checksum" $found.root }}
{{- end }}
