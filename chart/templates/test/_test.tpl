{{/*
lotse.test renders true when `helm test` has a pod to run, or nothing.
Argument: the root context. In job mode the test is off by default: `helm template` prints it, and `kubectl apply` cannot change a pod.
*/}}
{{- define "lotse.test" -}}
{{- $enabled := .Values.test.enabled -}}
{{- if kindIs "string" $enabled -}}{{- $enabled = ne (include "lotse.mode" .) "job" -}}{{- end -}}
{{- if and $enabled (include "lotse.engine.needed" .) (or (include "lotse.test.compares" .) (include "lotse.test.services" .)) -}}true{{- end -}}
{{- end }}

{{/*
lotse.test.compares renders true when the test compares the history with its own migrations, or nothing: a foreign migrator has its own history.
Argument: the root context.
*/}}
{{- define "lotse.test.compares" -}}
{{- if not (include "lotse.engine.foreign" .) -}}true{{- end -}}
{{- end }}

{{/*
lotse.test.files renders the name of the ConfigMap with migrations.source.files that the test compares with: the gates' or the migrator's.
Argument: the root context.
*/}}
{{- define "lotse.test.files" -}}
{{- if and (include "lotse.gate.check.compares" .) (include "lotse.workload.needed" .) -}}
{{- include "lotse.workload.names.migrations" . -}}
{{- else -}}
{{- include "lotse.migrator.owner.objectName" (dict "root" . "owner" (include "lotse.migrator.owner.data" . | fromJsonArray | first) "suffix" "migrations") -}}
{{- end -}}
{{- end }}

{{/*
lotse.test.services renders, comma-separated, the ports of all workloads' Services. A workload without replicas answers nobody.
Argument: the root context.
*/}}
{{- define "lotse.test.services" -}}
{{- $services := list -}}
{{- range $name, $workload := .Values.workloads -}}
{{- if or $workload.autoscaling (ne (dig "replicas" 1 $workload | int) 0) -}}
{{- range $port := dig "service" "ports" dict $workload | values | sortAlpha -}}
{{- $services = append $services (printf "%s:%v" (include "lotse.name.object" (dict "root" $ "suffix" $name)) $port) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- join "," $services -}}
{{- end }}

{{/*
lotse.test.env renders the environment of the test: Lotse's settings, the services, then the database. It logs in as the workloads do.
Argument: the root context.
*/}}
{{- define "lotse.test.env" -}}
{{- $own := concat (include "lotse.engine.env" . | fromYamlArray) (list
  (dict "name" "LOTSE_TIMEOUT" "value" .Values.test.timeout)
  (dict "name" "LOTSE_CONNECT_TIMEOUT" "value" .Values.test.timeout)
) -}}
{{- with include "lotse.test.services" . -}}{{- $own = append $own (dict "name" "LOTSE_WAIT_FOR" "value" .) -}}{{- end -}}
{{- $own = concat $own (include "lotse.workload.env" (dict "root" . "workload" dict) | fromYamlArray) -}}
{{- include "lotse.env" (concat $own (include "lotse.env.nodeOptions" dict | fromYamlArray)) -}}
{{- end }}
