{{/*
lotse.migrator.pod renders, as YAML, the settings of the migrator's pod.
Argument: dict "root" the root context, "component" migrator or finisher.
*/}}
{{- define "lotse.migrator.pod" -}}
{{- $override := deepCopy (.root.Values.migrations.pod | default dict) -}}
{{- range $field, $marks := include "lotse.migrator.pod.mesh" .root | fromYaml -}}
{{- range $key, $value := get $override $field | default dict -}}{{- $_ := set $marks $key $value -}}{{- end -}}
{{- $_ := set $override $field $marks -}}
{{- end -}}
{{- $pod := include "lotse.pod" (dict "root" .root "component" .component "override" $override) | fromYaml -}}
{{- $_ := set $pod "imagePullSecrets" (concat ($pod.imagePullSecrets | default list) (.root.Values.image.pullSecrets | default list) | uniq) -}}
{{- toYaml $pod -}}
{{- end }}

{{/*
lotse.migrator.pod.mesh renders, as YAML, the labels and annotations that make the migrator's pod join a service mesh or stay outside.
Argument: the root context. They override `pod`, which is for all pods; migrations.pod overrides them.
*/}}
{{- define "lotse.migrator.pod.mesh" -}}
{{- if eq .Values.migrations.mesh "native" -}}
labels: {sidecar.istio.io/inject: "true"}
annotations: {sidecar.istio.io/nativeSidecar: "true", linkerd.io/inject: enabled, config.beta.linkerd.io/proxy-enable-native-sidecar: "true"}
{{- else if eq .Values.migrations.mesh "outside" -}}
labels: {sidecar.istio.io/inject: "false"}
annotations: {linkerd.io/inject: disabled}
{{- end -}}
{{- end }}
