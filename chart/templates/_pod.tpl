{{/*
lotse.pod renders, as YAML, the settings of one kind of pod: `pod` with the override laid over it.
Argument: dict "root" the root context, "component" as in lotse.selectorLabels, "override" migrations.pod or a workload's pod.

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
{{- if not .labelSelector -}}{{- $_ := set . "labelSelector" (dict "matchLabels" (include "lotse.selectorLabels" $ | fromYaml)) -}}{{- end -}}
{{- end -}}
{{- toYaml $pod -}}
{{- end }}

{{/*
lotse.podSpec renders the fields of a pod's spec that all pods have in common; no pod gets a Kubernetes token.
Argument: the result of lotse.pod. Service links are off: a Service called "lotse" would inject LOTSE_PORT and the like.
*/}}
{{- define "lotse.podSpec" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- range $field := list "imagePullSecrets" "priorityClassName" "runtimeClassName" "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "hostAliases" "dnsPolicy" "dnsConfig" "securityContext" }}
{{- with get $ $field }}
{{ dict $field . | toYaml }}
{{- end }}
{{- end }}
{{- end }}

{{/*
lotse.containerSecurityContext renders the security context of a container; Lotse's own writes nothing, so its root file system is read-only.
Argument: dict "pod" the result of lotse.pod, "own" whether the container runs Lotse's image.
*/}}
{{- define "lotse.containerSecurityContext" -}}
{{- $context := .pod.containerSecurityContext | default dict -}}
{{- if and .own (not (hasKey $context "readOnlyRootFilesystem")) -}}{{- $_ := set $context "readOnlyRootFilesystem" true -}}{{- end -}}
{{- with $context -}}{{- toYaml . -}}{{- end -}}
{{- end }}
