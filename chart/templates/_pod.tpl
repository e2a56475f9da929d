{{/*
lotse.pod renders, as YAML, the settings of one kind of pod: `pod` with its override.
Argument: dict "root" the root context, "component" as in lotse.labels.selector, "override" migrations.pod or a workload's pod.

A topology spread constraint without a labelSelector matches no pod, so it gets the labels of this kind of pod.
Pull Secrets of global.imagePullSecrets, which parent charts write as names or as [{name: registry}], are added.
*/}}
{{- define "lotse.pod" -}}
{{- $pod := include "lotse.pod.merged" (dict "pod" .root.Values.pod "override" .override) | fromYaml -}}
{{- range $pod.topologySpreadConstraints -}}
{{- if not .labelSelector -}}{{- $_ := set . "labelSelector" (dict "matchLabels" (include "lotse.labels.selector" $ | fromYaml)) -}}{{- end -}}
{{- end -}}
{{- range (.root.Values.global | default dict).imagePullSecrets -}}
{{- $secret := . -}}
{{- if kindIs "string" $secret -}}{{- $secret = dict "name" $secret -}}{{- end -}}
{{- $_ := set $pod "imagePullSecrets" (append ($pod.imagePullSecrets | default list) $secret | uniq) -}}
{{- end -}}
{{- toYaml $pod -}}
{{- end }}

{{/*
lotse.pod.merged renders, as YAML, settings of a pod with their override.
Argument: dict "pod" the settings, a map, "override" those of one kind of pod, a map, optional.

Labels, annotations and both security contexts are merged key by key, so that setting runAsUser keeps runAsNonRoot. Any other
field is replaced as a whole, and an empty one removes it. It uses `set` on deep copies, because sprig's `merge` treats false and 0
as not set, and because a merge into .Values would change what later templates see.
*/}}
{{- define "lotse.pod.merged" -}}
{{- $pod := deepCopy (.pod | default dict) -}}
{{- range $field, $value := deepCopy (.override | default dict) -}}
{{- if has $field (list "labels" "annotations" "securityContext" "containerSecurityContext") -}}
{{- $merged := get $pod $field | default dict -}}
{{- range $key, $entry := $value -}}{{- $_ := set $merged $key $entry -}}{{- end -}}
{{- $_ := set $pod $field $merged -}}
{{- else -}}
{{- $_ := set $pod $field $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $pod -}}
{{- end }}

{{/*
lotse.pod.spec renders the fields that all pod specs share. No pod gets a Kubernetes token.
Argument: the result of lotse.pod. Service links are off, because a Service called "lotse" would inject LOTSE_PORT and similar variables.
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
