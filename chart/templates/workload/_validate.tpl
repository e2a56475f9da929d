{{/*
lotse.workload.validate renders what is wrong with one workload.
Argument: dict "name" its name, "workload" its entry of `workloads`.
*/}}
{{- define "lotse.workload.validate" -}}
{{- $at := printf "workloads.%s" .name }}
{{- if not (regexMatch "^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$" .name) }}
lotse: {{ $at }} is not a valid name. Use up to 30 lower-case letters, digits and dashes, and start with a letter.
{{- end }}
{{- range $port, $_ := .workload.ports }}
{{- if not (regexMatch "^[a-z]([a-z0-9-]{0,13}[a-z0-9])?$" $port) }}
lotse: {{ $at }}.ports.{{ $port }} is not a valid name. Use up to 15 lower-case letters, digits and dashes, and start with a letter.
{{- end }}
{{- end }}
{{- include "lotse.env.validate" (dict "env" .workload.env "at" (printf "%s.env" $at)) }}
{{- if or (eq .name "migrator") (hasPrefix "migrator-" .name) (has .name (list "gate" "finisher" "postgres" "files" "migrations" "database" "helm-test")) }}
lotse: {{ $at }} has a name that the chart uses for its own objects. Rename the workload.
{{- end }}
{{- include "lotse.image.validate" (dict "image" (.workload.image | default dict) "at" (printf "%s.image" $at) "what" (printf "the image of the workload %q" .name)) }}
{{- range $port, $_ := dig "service" "ports" dict .workload }}
{{- if not (hasKey ($.workload.ports | default dict) $port) }}
lotse: {{ $at }}.service.ports.{{ $port }} is not a port of the workload. Add {{ $port }} to {{ $at }}.ports, or use the name of an existing port.
{{- end }}
{{- end }}
{{- include "lotse.workload.route.validate" (dict "workload" .workload "at" $at) }}
{{- $seen := dict }}
{{- range $port, $number := dig "service" "ports" dict .workload }}
{{- with get $seen (toString $number) }}
lotse: {{ $at }}.service.ports {{ . }} and {{ $port }} are both {{ $number }}, which Kubernetes refuses. Give each a different number.
{{- end }}
{{- $_ := set $seen (toString $number) $port }}
{{- end }}
{{- with .workload.autoscaling }}
{{- if gt (int (.minReplicas | default 1)) (int .maxReplicas) }}
lotse: {{ $at }}.autoscaling.minReplicas ({{ .minReplicas }}) is more than maxReplicas ({{ .maxReplicas }}). Lower the first or raise the second.
{{- end }}
{{- end }}
{{- if and .workload.autoscaling (hasKey .workload "replicas") }}
lotse: {{ $at }}.replicas would undo what {{ $at }}.autoscaling has scaled, with each upgrade. Remove one of the two.
{{- end }}
{{- $sleep := include "lotse.workload.container.preStopSleep" .workload | int }}
{{- $grace := .workload.terminationGracePeriodSeconds | default 30 | int }}
{{- if and (not .workload.lifecycle) (ge $sleep $grace) }}
lotse: {{ $at }}.preStopSleepSeconds ({{ $sleep }}) leaves no time to stop within terminationGracePeriodSeconds ({{ $grace }}). Lower the first or raise the second.
{{- end }}
{{- end }}
