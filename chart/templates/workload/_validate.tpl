{{/*
lotse.workload.validate renders what is wrong with one workload.
Argument: dict "name" its name, "workload" its entry of `workloads`.
*/}}
{{- define "lotse.workload.validate" -}}
{{- $at := printf "workloads.%s" .name }}
{{- if not (regexMatch "^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$" .name) }}
lotse: {{ $at }} has a name that Kubernetes would refuse. Use up to 30 lower-case letters, digits and dashes, the first a letter.
{{- end }}
{{- range $port, $_ := .workload.ports }}
{{- if not (regexMatch "^[a-z]([a-z0-9-]{0,13}[a-z0-9])?$" $port) }}
lotse: {{ $at }}.ports.{{ $port }} has a name that Kubernetes would refuse. Use up to 15 lower-case letters, digits and dashes, the first a letter.
{{- end }}
{{- end }}
{{- include "lotse.env.validate" (dict "env" .workload.env "at" (printf "%s.env" $at)) }}
{{- if or (eq .name "migrator") (hasPrefix "migrator-" .name) (has .name (list "gate" "postgres" "files" "migrations" "database")) }}
lotse: {{ $at }} has a name that belongs to the chart's own objects. Rename the workload.
{{- end }}
{{- include "lotse.image.validate" (dict "image" (.workload.image | default dict) "at" (printf "%s.image" $at) "what" (printf "the image of the workload %q" .name)) }}
{{- range $port, $_ := dig "service" "ports" dict .workload }}
{{- if not (hasKey ($.workload.ports | default dict) $port) }}
lotse: {{ $at }}.service.ports.{{ $port }} names no port of the workload. Add {{ $port }} to {{ $at }}.ports, or use the name of one that is there.
{{- end }}
{{- end }}
{{- $seen := dict }}
{{- range $port, $number := dig "service" "ports" dict .workload }}
{{- with get $seen (toString $number) }}
lotse: {{ $at }}.service.ports {{ . }} and {{ $port }} are both {{ $number }}, which Kubernetes would refuse. Give each a number of its own.
{{- end }}
{{- $_ := set $seen (toString $number) $port }}
{{- end }}
{{- with .workload.autoscaling }}
{{- if gt (int (.minReplicas | default 1)) (int .maxReplicas) }}
lotse: {{ $at }}.autoscaling.minReplicas ({{ .minReplicas }}) is more than maxReplicas ({{ .maxReplicas }}). Lower the former or raise the latter.
{{- end }}
{{- end }}
{{- if and .workload.autoscaling (hasKey .workload "replicas") }}
lotse: {{ $at }}.replicas would set back what {{ $at }}.autoscaling has scaled, at each upgrade. Remove one of the two.
{{- end }}
{{- $sleep := include "lotse.workload.container.preStopSleep" .workload | int }}
{{- $grace := .workload.terminationGracePeriodSeconds | default 30 | int }}
{{- if and (not .workload.lifecycle) (ge $sleep $grace) }}
lotse: {{ $at }}.preStopSleepSeconds ({{ $sleep }}) leaves no time to stop within terminationGracePeriodSeconds ({{ $grace }}). Lower the former or raise the latter.
{{- end }}
{{- end }}
