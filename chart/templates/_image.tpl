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
lotse.image.fields renders the fields of a container that name its image and when it is pulled.
Argument: a map with repository, tag, digest and pullPolicy.
*/}}
{{- define "lotse.image.fields" -}}
image: {{ include "lotse.image" . | quote }}
{{- with .pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end }}

{{/*
lotse.image.application renders, as YAML, the application's image: migrations.image, or the one of the workload that migrations.workload names.
Argument: the root context.
*/}}
{{- define "lotse.image.application" -}}
{{- if .Values.migrations.workload -}}
{{- dig .Values.migrations.workload "image" dict (.Values.workloads | default dict) | toYaml -}}
{{- else -}}
{{- toYaml .Values.migrations.image -}}
{{- end -}}
{{- end }}

{{/*
lotse.image.validate renders what is wrong with an image.
Argument: dict "image" a map with repository, tag and digest, "at" its place in the values, "what" what image it is.
*/}}
{{- define "lotse.image.validate" -}}
{{- if not .image.repository }}
lotse: {{ .at }}.repository is empty. Set it to {{ .what }}.
{{- else if not (regexMatch "^[^@:[:space:]]+(:[0-9]+/[^@:[:space:]]+)?$" .image.repository) }}
lotse: {{ .at }}.repository {{ .image.repository | quote }} is more than a repository. Put a tag into {{ .at }}.tag, and a digest into {{ .at }}.digest.
{{- else if not (regexMatch "^([A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$" (.image.tag | default "")) }}
lotse: {{ .at }}.tag {{ .image.tag | quote }} is not a tag. Use letters, digits, "_", "." and "-", not first "." or "-".
{{- else if not (or .image.tag .image.digest) }}
lotse: {{ .at }} has neither a tag nor a digest, so nobody could say which version runs. Set {{ .at }}.tag or {{ .at }}.digest.
{{- end }}
{{- end }}
