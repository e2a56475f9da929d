{{/*
lotse.workload.container renders, as a YAML list, the container of a workload.
Argument: dict "root" the root context, "name" the workload's name, "workload" its entry of `workloads`, "pod" the result of lotse.pod.
*/}}
{{- define "lotse.workload.container" -}}
- name: {{ .name | quote }}
  {{- include "lotse.image.fields" (dict "root" .root "image" .workload.image) | nindent 2 }}
  {{- range $field := list "command" "args" "resources" }}
  {{- with get $.workload $field }}
  {{- dict $field . | toYaml | nindent 2 }}
  {{- end }}
  {{- end }}
  env:
    {{- include "lotse.workload.env" . | nindent 4 }}
  {{- with .root.Values.config.envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .workload.ports }}
  ports:
    {{- range $port, $number := . }}
    - name: {{ $port | quote }}
      containerPort: {{ $number }}
    {{- end }}
  {{- end }}
  {{- range $probe := list "startup" "readiness" "liveness" }}
  {{- with dig "probes" $probe nil $.workload }}
  {{- dict (printf "%sProbe" $probe) . | toYaml | nindent 2 }}
  {{- end }}
  {{- end }}
  {{- with include "lotse.workload.container.lifecycle" . }}
  lifecycle:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with .pod.containerSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with concat (include "lotse.workload.pod.volumeMounts" .root | fromYamlArray) (.workload.volumeMounts | default list) }}
  volumeMounts:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/*
lotse.workload.container.preStopSleep renders how many seconds a workload's pod sleeps before Kubernetes tells it to stop.
Argument: an entry of `workloads`. It can be 0.
*/}}
{{- define "lotse.workload.container.preStopSleep" -}}
{{- dig "preStopSleepSeconds" 5 . -}}
{{- end }}

{{/*
lotse.workload.container.lifecycle renders a workload's lifecycle: its own, or a preStop sleep, or nothing.
Argument: dict "root" the root context, "workload" an entry of `workloads`.

Kubernetes removes a stopping pod from Services a moment after it tells it to stop. The sleep covers that moment. It is the
kubelet's own sleep, which needs no shell in the image and Kubernetes 1.30 or later (in 1.29 it is alpha and off).
*/}}
{{- define "lotse.workload.container.lifecycle" -}}
{{- $seconds := include "lotse.workload.container.preStopSleep" .workload | int -}}
{{- if .workload.lifecycle -}}
{{- toYaml .workload.lifecycle -}}
{{- else if and (gt $seconds 0) (semverCompare ">=1.30.0-0" .root.Capabilities.KubeVersion.Version) -}}
preStop:
  sleep:
    seconds: {{ $seconds }}
{{- end -}}
{{- end }}
