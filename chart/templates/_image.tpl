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
lotse.lotseImage renders the image of Lotse in a container, with its pull policy.
Argument: the root context.
*/}}
{{- define "lotse.lotseImage" -}}
image: {{ include "lotse.image" .Values.image | quote }}
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end }}
