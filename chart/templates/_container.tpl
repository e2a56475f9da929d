{{/*
lotse.container renders the fields that the gate and all containers of the migrator share.
Argument: dict "root" the root context, "pod" the result of lotse.pod, "own" whether the container runs Lotse's image, "mounts" a list, "resources" a map,
"envFrom" instead of config.envFrom, optional.
Lotse writes its report to /dev/termination-log. If it cannot, Kubernetes uses the end of the log.
*/}}
{{- define "lotse.container" -}}
terminationMessagePolicy: FallbackToLogsOnError
{{- with .envFrom | default .root.Values.config.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "lotse.container.securityContext" (dict "pod" (deepCopy .pod) "own" .own) }}
securityContext:
  {{- . | nindent 2 }}
{{- end }}
{{- with .mounts }}
volumeMounts:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/*
lotse.container.securityContext renders the security context of a container. Lotse's own containers write no files, so their root file system is read-only.
Argument: dict "pod" the result of lotse.pod, "own" whether the container runs Lotse's image.
*/}}
{{- define "lotse.container.securityContext" -}}
{{- $context := .pod.containerSecurityContext | default dict -}}
{{- if and .own (not (hasKey $context "readOnlyRootFilesystem")) -}}{{- $_ := set $context "readOnlyRootFilesystem" true -}}{{- end -}}
{{- with $context -}}{{- toYaml . -}}{{- end -}}
{{- end }}
