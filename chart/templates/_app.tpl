{{/*
lotse.app.dependency renders nothing, and puts the context of the dependency on Lotse in the place of its parent's.
Argument: dict "root" the context that the caller got: the parent's own, or .Subcharts.ALIAS for a dependency under an alias.
*/}}
{{- define "lotse.app.dependency" -}}
{{- if not .root -}}
{{- fail "lotse: .Subcharts has no such alias, or its condition leaves it out. Write one of Chart.yaml, and put what includes it between {{ if .Values.ALIAS.enabled }} and {{ end }}." -}}
{{- end -}}
{{- $subcharts := .root.Subcharts | default dict -}}
{{- if hasKey $subcharts "lotse" -}}
{{- $_ := set . "root" (get $subcharts "lotse") -}}
{{- else if not (hasKey .root.Values "gate") -}}
{{- fail (printf "lotse: chart %s has no dependency called lotse. For one under an alias write .Subcharts.ALIAS where you wrote the dot." .root.Chart.Name) -}}
{{- end -}}
{{- end }}

{{/*
lotse.app.env renders, for a container of a parent chart, the variables that name the database, and config.env.
Argument: the parent's context, or .Subcharts.ALIAS.
*/}}
{{- define "lotse.app.env" -}}
{{- $found := dict "root" . -}}{{- include "lotse.app.dependency" $found -}}
{{- include "lotse.workload.env" (dict "root" $found.root "workload" dict) -}}
{{- end }}

{{/*
lotse.app.envFrom renders, for a container of a parent chart, config.envFrom; nothing when that is empty, so that a list of the parent's can go on.
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
lotse.app.annotations renders, for the pods of a parent chart, what makes a change of the configuration roll them.
Argument: the parent's context, or .Subcharts.ALIAS.
*/}}
{{- define "lotse.app.annotations" -}}
{{- $found := dict "root" . -}}{{- include "lotse.app.dependency" $found -}}
checksum/{{ include "lotse.name" $found.root }}: {{ include "lotse.workload.pod.checksum" $found.root }}
{{- end }}
