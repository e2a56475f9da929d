{{/*
lotse.image renders an image reference: repository, then the tag, then the digest; with both, the digest decides what runs.
Argument: a map with repository, tag and digest.
*/}}
{{- define "lotse.image" -}}
{{- .repository -}}
{{- with .tag -}}:{{ . }}{{- end -}}
{{- with .digest -}}@{{ . }}{{- end -}}
{{- end }}

{{/*
lotse.imageFields renders the fields of a container that name its image and when it is pulled.
Argument: a map with repository, tag, digest and pullPolicy.
*/}}
{{- define "lotse.imageFields" -}}
image: {{ include "lotse.image" . | quote }}
{{- with .pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end }}
