{{/*
lotse.workload.route.port renders the name of the Service's port that an Ingress or HTTPRoute sends requests to: its own, the only one, or http.
Argument: dict "route" the ingress or httpRoute of a workload, "workload" its entry of `workloads`. Renders nothing when the port is not certain.
*/}}
{{- define "lotse.workload.route.port" -}}
{{- $ports := dig "service" "ports" dict .workload -}}
{{- if .route.port -}}{{ .route.port }}
{{- else if eq (len $ports) 1 -}}{{ keys $ports | first }}
{{- else if hasKey $ports "http" -}}http
{{- end -}}
{{- end }}

{{/*
lotse.workload.route.validate renders why a workload's ingress or httpRoute would lead nowhere.
Argument: dict "workload" an entry of `workloads`, "at" its place in the values.
*/}}
{{- define "lotse.workload.route.validate" -}}
{{- $ports := dig "service" "ports" dict .workload }}
{{- range $kind := list "ingress" "httpRoute" }}
{{- with get $.workload $kind }}
{{- $port := include "lotse.workload.route.port" (dict "route" . "workload" $.workload) }}
{{- if not $ports }}
lotse: {{ $.at }}.{{ $kind }} needs a Service to send requests to. Set {{ $.at }}.service.ports.
{{- else if not $port }}
lotse: {{ $.at }}.{{ $kind }} could send requests to any of the ports {{ keys $ports | sortAlpha | join ", " }}. Name one in {{ $.at }}.{{ $kind }}.port.
{{- else if not (hasKey $ports $port) }}
lotse: {{ $.at }}.{{ $kind }}.port {{ $port }} is not a port of the Service. Add it to {{ $.at }}.service.ports, or use one of {{ keys $ports | sortAlpha | join ", " }}.
{{- end }}
{{- end }}
{{- end }}
{{- end }}
