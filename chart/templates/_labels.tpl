{{/*
lotse.labels renders the labels of an object: selector labels, the chart, commonLabels, and its own labels.
Argument: dict "root" the root context, "component" as in lotse.labels.selector, "extra" a map, optional.
*/}}
{{- define "lotse.labels" -}}
{{- $labels := deepCopy (.root.Values.commonLabels | default dict) -}}
{{- range $key, $value := .extra -}}{{- $_ := set $labels $key $value -}}{{- end -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63) -}}
{{- range $key, $value := include "lotse.labels.selector" . | fromYaml -}}{{- $_ := set $labels $key $value -}}{{- end -}}
{{- toYaml $labels -}}
{{- end }}

{{/*
lotse.labels.owned renders the JSON list of label keys that only the chart may set.
Argument: none. Selectors use them, so a user's label with such a key could put the migrator behind a Service.
*/}}
{{- define "lotse.labels.owned" -}}
["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component", "app.kubernetes.io/managed-by", "helm.sh/chart"]
{{- end }}

{{/*
lotse.labels.selector renders the labels that select pods.
Argument: dict "root" the root context, "component" a workload's name, "migrator", "finisher", "postgres", "helm-test", or "" for objects of no component.

The migrator, the finisher, PostgreSQL and the test have their own app.kubernetes.io/name. With a component label alone, a hand-written selector
of name and instance would match them too, and requests would fail with 502 during each upgrade.
*/}}
{{- define "lotse.labels.selector" -}}
{{- $name := include "lotse.name" .root -}}
{{- if has .component (list "migrator" "finisher" "postgres" "helm-test") -}}{{- $name = printf "%s-%s" $name .component -}}{{- end -}}
app.kubernetes.io/name: {{ $name | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- with .component }}
app.kubernetes.io/component: {{ . | quote }}
{{- end }}
{{- end }}

{{/*
lotse.labels.pod renders the labels of a pod: selector labels, commonLabels and pod.labels, without the chart's version.
Argument: dict "root" the root context, "component" as in lotse.labels.selector, "pod" the result of lotse.pod.
*/}}
{{- define "lotse.labels.pod" -}}
{{- $labels := deepCopy (.root.Values.commonLabels | default dict) -}}
{{- range $key, $value := .pod.labels -}}{{- $_ := set $labels $key $value -}}{{- end -}}
{{- range $key, $value := include "lotse.labels.selector" . | fromYaml -}}{{- $_ := set $labels $key $value -}}{{- end -}}
{{- toYaml $labels -}}
{{- end }}

{{/*
lotse.labels.validate renders which labels would replace the chart's own.
Argument: the root context.
*/}}
{{- define "lotse.labels.validate" -}}
{{- $places := dict "commonLabels" .Values.commonLabels "pod.labels" .Values.pod.labels "migrations.pod.labels" (dig "pod" "labels" dict .Values.migrations) "finish.pod.labels" (dig "pod" "labels" dict .Values.finish) "postgres.pod.labels" (dig "pod" "labels" dict .Values.postgres) -}}
{{- range $name, $workload := .Values.workloads -}}
{{- $_ := set $places (printf "workloads.%s.labels" $name) $workload.labels -}}
{{- $_ := set $places (printf "workloads.%s.pod.labels" $name) (dig "pod" "labels" dict $workload) -}}
{{- end -}}
{{- range $place, $labels := $places -}}
{{- range $key := include "lotse.labels.owned" $ | fromJsonArray -}}
{{- if hasKey ($labels | default dict) $key }}
lotse: {{ $place }} sets {{ $key }}, which the chart sets itself: Services select pods by this label and must never select the migrator. Remove it.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
