{{/*
lotse.ownedLabels renders the JSON list of label keys that belong to the chart and that no value may set.
Argument: none. Selectors are made of them; a user's label of that name could put the migrator behind a Service.
*/}}
{{- define "lotse.ownedLabels" -}}
["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component", "app.kubernetes.io/managed-by", "helm.sh/chart"]
{{- end }}

{{/*
lotse.selectorLabels renders the labels by which pods are selected.
Argument: dict "root" the root context, "component" a workload's name, "migrator", "postgres", or "" for what belongs to no component.

The migrator has an app.kubernetes.io/name of its own: a component label alone would not keep it out of a
selector that somebody writes by hand with name and instance only, and it would serve 502s during each upgrade.
So has PostgreSQL, for the same reason.
*/}}
{{- define "lotse.selectorLabels" -}}
{{- $name := include "lotse.name" .root -}}
{{- if has .component (list "migrator" "postgres") -}}{{- $name = printf "%s-%s" $name .component -}}{{- end -}}
app.kubernetes.io/name: {{ $name | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- with .component }}
app.kubernetes.io/component: {{ . | quote }}
{{- end }}
{{- end }}

{{/*
lotse.labels renders the labels of an object: selector labels, the chart, commonLabels, and labels of its own.
Argument: dict "root" the root context, "component" as in lotse.selectorLabels, "extra" a map, optional.
*/}}
{{- define "lotse.labels" -}}
{{- $labels := deepCopy (.root.Values.commonLabels | default dict) -}}
{{- range $key, $value := .extra -}}{{- $_ := set $labels $key $value -}}{{- end -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63) -}}
{{- range $key, $value := include "lotse.selectorLabels" . | fromYaml -}}{{- $_ := set $labels $key $value -}}{{- end -}}
{{- toYaml $labels -}}
{{- end }}

{{/*
lotse.podLabels renders the labels of a pod: selector labels, commonLabels and pod.labels, without the chart's version.
Argument: dict "root" the root context, "component" as in lotse.selectorLabels, "pod" the result of lotse.pod.
*/}}
{{- define "lotse.podLabels" -}}
{{- $labels := deepCopy (.root.Values.commonLabels | default dict) -}}
{{- range $key, $value := .pod.labels -}}{{- $_ := set $labels $key $value -}}{{- end -}}
{{- range $key, $value := include "lotse.selectorLabels" . | fromYaml -}}{{- $_ := set $labels $key $value -}}{{- end -}}
{{- toYaml $labels -}}
{{- end }}

{{/*
lotse.metadata renders the metadata of an object: name, namespace, labels, and commonAnnotations under annotations of its own.
Argument: dict "root" the root context, "name" the object's name, "component" as in lotse.selectorLabels, "labels" and "annotations" maps, optional.
*/}}
{{- define "lotse.metadata" -}}
name: {{ .name | quote }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "lotse.labels" (dict "root" .root "component" .component "extra" .labels) | nindent 2 }}
{{- $annotations := deepCopy (.root.Values.commonAnnotations | default dict) -}}
{{- range $key, $value := .annotations -}}{{- $_ := set $annotations $key $value -}}{{- end -}}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
