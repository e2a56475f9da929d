{{/*
lotse.pod renders, as YAML, the settings of one kind of pod: `pod` with the override laid over it.
Argument: dict "root" the root context, "component" as in lotse.labels.selector, "override" migrations.pod or a workload's pod.

labels, annotations and both security contexts are merged key by key, so that setting runAsUser does not lose
runAsNonRoot; any other field is replaced whole, and an empty one takes it away. Written with `set` on deep copies because
sprig's `merge` takes false and 0 for "not given", and because a merge into .Values would leak into the templates that follow.
A topology spread constraint without a labelSelector matches no pod at all, so it gets the labels of this kind of pod.
*/}}
{{- define "lotse.pod" -}}
{{- $pod := deepCopy .root.Values.pod -}}
{{- range $field, $value := deepCopy (.override | default dict) -}}
{{- if has $field (list "labels" "annotations" "securityContext" "containerSecurityContext") -}}
{{- $merged := get $pod $field | default dict -}}
{{- range $key, $entry := $value -}}{{- $_ := set $merged $key $entry -}}{{- end -}}
{{- $_ := set $pod $field $merged -}}
{{- else -}}
{{- $_ := set $pod $field $value -}}
{{- end -}}
{{- end -}}
{{- range $pod.topologySpreadConstraints -}}
{{- if not .labelSelector -}}{{- $_ := set . "labelSelector" (dict "matchLabels" (include "lotse.labels.selector" $ | fromYaml)) -}}{{- end -}}
{{- end -}}
{{- toYaml $pod -}}
{{- end }}

{{/*
lotse.pod.spec renders the fields of a pod's spec that all pods have in common; no pod gets a Kubernetes token.
Argument: the result of lotse.pod. Service links are off: a Service called "lotse" would inject LOTSE_PORT and the like.
*/}}
{{- define "lotse.pod.spec" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- range $field := list "imagePullSecrets" "priorityClassName" "runtimeClassName" "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "hostAliases" "dnsPolicy" "dnsConfig" "securityContext" }}
{{- with get $ $field }}
{{ dict $field . | toYaml }}
{{- end }}
{{- end }}
{{- end }}
