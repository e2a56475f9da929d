{{/*
lotse.metadata renders the metadata of an object: name, namespace, labels, and commonAnnotations, which its own annotations override.
Argument: dict "root" the root context, "name" the object's name, "component" as in lotse.labels.selector, "labels" and "annotations" maps, optional.
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
