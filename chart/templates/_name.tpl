{{/*
lotse.name renders the application's name for labels: nameOverride, or the chart's name, or its alias in a parent chart.
Argument: the root context. Nine characters stay free for "-migrator", "-finisher" and "-postgres".
*/}}
{{- define "lotse.name" -}}
{{- .Values.nameOverride | default (include "lotse.name.chart" .) | lower | trunc 54 | trimSuffix "-" -}}
{{- end }}

{{/*
lotse.name.chart renders the chart's name, or its alias in a parent chart; in an umbrella chart prefixed with the charts in between: shop-lotse.
Argument: the root context. Two applications in one umbrella chart may each have a Lotse. Only a template's path tells them apart:
umbrella/charts/shop/charts/lotse/templates. Helm renders this chart before a parent that calls lotse.gate, so the path is known by then.
*/}}
{{- define "lotse.name.chart" -}}
{{- $path := (.Template).BasePath | default "" | trimSuffix "/templates" | splitList "/charts/" -}}
{{- rest $path | default (list .Chart.Name) | join "-" | lower | replace "_" "-" -}}
{{- end }}

{{/*
lotse.name.full renders the prefix of all object names: the release's name, in a parent chart followed by the chart's name or alias.
Argument: the root context. So two dependencies never share an object.
*/}}
{{- define "lotse.name.full" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if .Chart.IsRoot -}}
{{- .Release.Name | replace "." "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "lotse.name.chart" .) | replace "." "-" -}}
{{- end -}}
{{- end }}

{{/*
lotse.name.prefix renders the prefix of volume names: lotse, or this dependency's alias, so that one pod can use two of them.
Argument: the root context.
*/}}
{{- define "lotse.name.prefix" -}}
{{- ternary "lotse" (.Chart.Name | lower | replace "_" "-" | trunc 40 | trimSuffix "-") .Chart.IsRoot -}}
{{- end }}

{{/*
lotse.name.container renders the name of an init container in the application's pods: gate, or ALIAS-gate if the dependency has an alias.
Argument: dict "root" the root context, "name" gate or migrations.
*/}}
{{- define "lotse.name.container" -}}
{{- $prefix := include "lotse.name.prefix" .root -}}
{{- ternary .name (printf "%s-%s" $prefix .name) (eq $prefix "lotse") -}}
{{- end }}

{{/*
lotse.name.object renders the name of an object, at most 63 characters: lotse.name.full, then the suffix, which is never cut.
Argument: dict "root" the root context, "suffix" the last part, may be empty, "limit" a limit below 63 characters, optional. A cut name
contains a hash, so two long names stay different.
*/}}
{{- define "lotse.name.object" -}}
{{- $start := include "lotse.name.full" .root -}}
{{- $end := ternary (printf "-%s" .suffix) "" (ne .suffix "") -}}
{{- $limit := .limit | default 63 -}}
{{- if gt (add (len $start) (len $end)) $limit -}}
{{- $hash := printf "%s%s" $start $end | sha256sum | trunc 6 -}}
{{- $start = printf "%s-%s" ($start | trunc (int (sub (sub $limit 7) (len $end))) | trimSuffix "-") $hash -}}
{{- end -}}
{{- printf "%s%s" $start $end -}}
{{- end }}
