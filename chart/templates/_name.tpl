{{/*
lotse.name renders the application's name, used in labels: nameOverride, or the chart's name, or its alias in a parent chart.
Argument: the root context. Nine characters are kept free for "-migrator" and "-postgres".
*/}}
{{- define "lotse.name" -}}
{{- .Values.nameOverride | default (include "lotse.name.chart" .) | lower | trunc 54 | trimSuffix "-" -}}
{{- end }}

{{/*
lotse.name.chart renders the chart's name, or its alias in a parent chart; in an umbrella chart behind the names of the charts between: shop-lotse.
Argument: the root context. Two applications of one umbrella may each bring a Lotse; which is whose Helm tells only in a template's path,
umbrella/charts/shop/charts/lotse/templates. A parent that calls lotse.gate comes after this chart's own templates, so the path is known then too.
*/}}
{{- define "lotse.name.chart" -}}
{{- $path := (.Template).BasePath | default "" | trimSuffix "/templates" | splitList "/charts/" -}}
{{- rest $path | default (list .Chart.Name) | join "-" | lower | replace "_" "-" -}}
{{- end }}

{{/*
lotse.name.full renders what all object names begin with: the release's name, followed by the chart's name or alias in a parent chart.
Argument: the root context. Two dependencies therefore never share an object.
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
lotse.name.prefix renders what the names of volumes begin with: lotse, or this dependency's alias, so that two of them fit into one pod.
Argument: the root context.
*/}}
{{- define "lotse.name.prefix" -}}
{{- ternary "lotse" (.Chart.Name | lower | replace "_" "-" | trunc 40 | trimSuffix "-") .Chart.IsRoot -}}
{{- end }}

{{/*
lotse.name.container renders the name of an init container in the application's pods: gate, or ALIAS-gate in a dependency under an alias.
Argument: dict "root" the root context, "name" gate or migrations.
*/}}
{{- define "lotse.name.container" -}}
{{- $prefix := include "lotse.name.prefix" .root -}}
{{- ternary .name (printf "%s-%s" $prefix .name) (eq $prefix "lotse") -}}
{{- end }}

{{/*
lotse.name.object renders the name of one object, at most 63 characters: fullname, then the suffix, which is never cut.
Argument: dict "root" the root context, "suffix" the last part, may be empty, "limit" fewer characters than 63, optional. A cut name carries
a hash, so two long names stay two.
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
