{{/*
lotse.image renders an image reference: repository, tag, digest. With both tag and digest, the digest decides what runs.
Argument: dict "root" the root context, "image" a map with repository, tag and digest.
*/}}
{{- define "lotse.image" -}}
{{- include "lotse.image.repository" . -}}
{{- with .image.tag -}}:{{ . }}{{- end -}}
{{- with .image.digest -}}@{{ . }}{{- end -}}
{{- end }}

{{/*
lotse.image.repository renders an image's repository, with the registry of global.imageRegistry instead of its own.
Argument: as for lotse.image. The part before the first slash is a registry if it has a dot or a colon, or is localhost.
*/}}
{{- define "lotse.image.repository" -}}
{{- $registry := (.root.Values.global | default dict).imageRegistry | default "" | trimSuffix "/" -}}
{{- if $registry -}}
{{- printf "%s/%s" $registry (regexReplaceAll "^(localhost|[^/]*[.:][^/]*)/" .image.repository "") -}}
{{- else -}}
{{- .image.repository -}}
{{- end -}}
{{- end }}

{{/*
lotse.image.fields renders the image fields of a container: image and imagePullPolicy.
Argument: dict "root" the root context, "image" a map with repository, tag, digest and pullPolicy.
*/}}
{{- define "lotse.image.fields" -}}
image: {{ include "lotse.image" . | quote }}
{{- with .image.pullPolicy }}
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
Argument: dict "image" a map with repository, tag and digest, "at" its place in the values, "what" the image it must be.
*/}}
{{- define "lotse.image.validate" -}}
{{- if not .image.repository }}
lotse: {{ .at }}.repository is empty. Set it to {{ .what }}.
{{- else if not (regexMatch "^[^@:[:space:]]+(:[0-9]+/[^@:[:space:]]+)?$" .image.repository) }}
lotse: {{ .at }}.repository {{ .image.repository | quote }} is more than a repository. Put the tag into {{ .at }}.tag, and the digest into {{ .at }}.digest.
{{- else if not (regexMatch "^([A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$" (.image.tag | default "")) }}
lotse: {{ .at }}.tag {{ .image.tag | quote }} is not a valid tag. Use letters, digits, "_", "." and "-", and do not start with "." or "-".
{{- else if not (or .image.tag .image.digest) }}
lotse: {{ .at }} has neither a tag nor a digest, so the version is unknown. Set {{ .at }}.tag or {{ .at }}.digest.
{{- end }}
{{- end }}
