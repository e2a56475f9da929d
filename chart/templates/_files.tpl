{{/*
lotse.files.validate renders that files given in the values do not fit into a ConfigMap, of which Kubernetes stores 1 MiB at most.
Argument: dict "files" the files by name, "at" the value that holds them, "remedy" what to do instead, as a sentence.
*/}}
{{- define "lotse.files.validate" -}}
{{- $size := 0 }}
{{- range $name, $content := .files }}{{ $size = add $size (len $name) (len (toString $content)) }}{{ end }}
{{- if gt (int $size) 1048576 }}
lotse: {{ .at }} holds {{ $size }} bytes, and a ConfigMap holds at most 1048576. {{ .remedy }}
{{- end }}
{{- end }}
