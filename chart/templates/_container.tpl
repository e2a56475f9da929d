{{/*
lotse.containerEnd renders the fields that the gate and all containers of the migrator have in common.
Argument: dict "root" the root context, "pod" the result of lotse.pod, "own" whether the container runs Lotse's image, "mounts" a list, "resources" a map.
Lotse writes its report to /dev/termination-log; should it not come to that, the end of the log stands in.
*/}}
{{- define "lotse.containerEnd" -}}
terminationMessagePolicy: FallbackToLogsOnError
{{- with .root.Values.config.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "lotse.containerSecurityContext" (dict "pod" (deepCopy .pod) "own" .own) }}
securityContext:
  {{- . | nindent 2 }}
{{- end }}
{{- with .mounts }}
volumeMounts:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
