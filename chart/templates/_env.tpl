{{/*
lotse.env renders a list of environment variables in which each name occurs once: the last entry wins.
Argument: a list of {name, value | valueFrom}. A server-side apply refuses a list with the same name twice.
*/}}
{{- define "lotse.env" -}}
{{- $last := dict -}}
{{- range $index, $entry := . -}}{{- $_ := set $last $entry.name $index -}}{{- end -}}
{{- $kept := list -}}
{{- range $index, $entry := . -}}
{{- if eq $index (get $last $entry.name) -}}{{- $kept = append $kept $entry -}}{{- end -}}
{{- end -}}
{{- toYaml $kept -}}
{{- end }}

{{/*
lotse.env.entries renders, as a YAML list of {name, value | valueFrom}, a map of environment variables, by name.
Argument: a map from name to a string or to {valueFrom}. An empty value is left out, because the API server drops it, and a GitOps controller would see a difference forever.
*/}}
{{- define "lotse.env.entries" -}}
{{- $entries := list -}}
{{- range $name, $value := . -}}
{{- if eq "" (toString $value) -}}
{{- $entries = append $entries (dict "name" $name) -}}
{{- else if kindIs "string" $value -}}
{{- $entries = append $entries (dict "name" $name "value" $value) -}}
{{- else -}}
{{- $entries = append $entries (set (deepCopy $value) "name" $name) -}}
{{- end -}}
{{- end -}}
{{- toYaml $entries -}}
{{- end }}

{{/*
lotse.env.nodeOptions renders, as a YAML list, the NODE_OPTIONS of a container that runs Lotse's image: those in the argument, or none. It overrides config.
Argument: a map of environment variables that may contain NODE_OPTIONS. An application's NODE_OPTIONS load modules from its own image
(--require dd-trace/init), and Node does not start without them.
*/}}
{{- define "lotse.env.nodeOptions" -}}
{{- pick (. | default dict) "NODE_OPTIONS" | default (dict "NODE_OPTIONS" "") | include "lotse.env.entries" -}}
{{- end }}

{{/*
lotse.env.validate renders which names are not valid for environment variables.
Argument: dict "env" a map of environment variables, "at" its place in the values.
*/}}
{{- define "lotse.env.validate" -}}
{{- range $name, $_ := .env }}
{{- if not (regexMatch "^[A-Za-z_][A-Za-z0-9_]*$" $name) }}
lotse: {{ $.at }}.{{ $name }} is not a valid name for an environment variable. Use letters, digits and "_", and do not start with a digit.
{{- end }}
{{- end }}
{{- end }}
