{{/*
lotse.workload.env renders a workload's environment: the database, then config.env, then its own env, which wins.
Argument: dict "root" the root context, "workload" an entry of `workloads`.
*/}}
{{- define "lotse.workload.env" -}}
{{- $database := dict "database" .root.Values.database "secret" (include "lotse.workload.secretName" .root) -}}
{{- $database = include "lotse.database.env" $database | fromYamlArray -}}
{{- $shared := include "lotse.envEntries" .root.Values.config.env | fromYamlArray -}}
{{- $own := include "lotse.envEntries" .workload.env | fromYamlArray -}}
{{- include "lotse.env" (concat $database $shared $own) -}}
{{- end }}

{{/*
lotse.workload.preStopSleep renders how many seconds a workload's pod waits before it is told to stop.
Argument: an entry of `workloads`. 0 is a value.
*/}}
{{- define "lotse.workload.preStopSleep" -}}
{{- ternary .preStopSleepSeconds 5 (hasKey . "preStopSleepSeconds") -}}
{{- end }}

{{/*
lotse.workload.lifecycle renders a workload's lifecycle: its own, or a sleep before the end, or nothing.
Argument: dict "root" the root context, "workload" an entry of `workloads`.

A pod that ends is taken out of Services only a moment after it was told to stop; the sleep covers that moment. It is the
kubelet's own sleep, which needs no shell in the image, and which Kubernetes knows from 1.30 (alpha, off, in 1.29).
*/}}
{{- define "lotse.workload.lifecycle" -}}
{{- $seconds := include "lotse.workload.preStopSleep" .workload | int -}}
{{- if .workload.lifecycle -}}
{{- toYaml .workload.lifecycle -}}
{{- else if and (gt $seconds 0) (semverCompare ">=1.30.0-0" .root.Capabilities.KubeVersion.Version) -}}
preStop:
  sleep:
    seconds: {{ $seconds }}
{{- end -}}
{{- end }}

{{/*
lotse.workload.checksum renders a hash of what a pod mounts or reads from objects of this chart, so that a change rolls the pods.
Argument: the root context.
*/}}
{{- define "lotse.workload.checksum" -}}
{{- list .Values.config.files .Values.database.url | toJson | sha256sum -}}
{{- end }}
