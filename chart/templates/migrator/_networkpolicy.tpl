{{/*
lotse.migrator.networkpolicy.spec renders the spec of a NetworkPolicy for the pods of one component.
Argument: dict "root" the root context, "component" migrator or finisher, which asks Kubernetes about the rollout.
*/}}
{{- define "lotse.migrator.networkpolicy.spec" -}}
{{- $migrations := .root.Values.migrations -}}
{{- $ports := list (include "lotse.database.url.port" (include "lotse.migrator.database" .root | fromYaml)) -}}
{{- range $migrations.waitFor }}{{ $ports = append $ports (regexFind "[0-9]+$" .) }}{{ end -}}
podSelector:
  matchLabels:
    {{- include "lotse.labels.selector" . | nindent 4 }}
policyTypes: [Ingress, Egress]
egress:
  - ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
  - ports:
      {{- range uniq $ports }}
      - {port: {{ . }}, protocol: TCP}
      {{- end }}
  {{- if eq .component "finisher" }}
  # The API server.
  - ports: [{port: 443, protocol: TCP}, {port: 6443, protocol: TCP}]
  {{- else if $migrations.events }}
  # The API server, for Events.
  - ports: [{port: 443, protocol: TCP}, {port: 6443, protocol: TCP}]
  {{- end }}
  {{- with $migrations.networkPolicy.egress }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
