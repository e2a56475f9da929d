{{/*
lotse.image renders an image reference: repository, then the tag, then the digest; with both, the digest decides what runs.
Argument: a map with repository, tag and digest.
*/}}
{{- define "lotse.image" -}}
{{- .repository -}}
{{- with .tag -}}:{{ . }}{{- end -}}
{{- with .digest -}}@{{ . }}{{- end -}}
{{- end }}
