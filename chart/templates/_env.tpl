{{/*
lotse.env renders a list of environment variables, each name once: the last entry of a name wins, at its own place.
Argument: a list of {name, value | valueFrom}. A name given twice would be refused by a server-side apply.
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
Argument: a map from name to a string or to {valueFrom}. An empty value is left out, as the API server does: said, it would be a difference forever.
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
lotse.env.nodeOptions renders, as a YAML list, the NODE_OPTIONS of a container that runs Lotse's image: those it is given, or none, whatever config says.
Argument: a map of environment variables that may give them. An application's load what is in its own image (--require dd-trace/init), and no Node
starts without that.
*/}}
{{- define "lotse.env.nodeOptions" -}}
{{- pick (. | default dict) "NODE_OPTIONS" | default (dict "NODE_OPTIONS" "") | include "lotse.env.entries" -}}
{{- end }}

{{/*
lotse.env.validate renders which names are no names of environment variables.
Argument: dict "env" a map of environment variables, "at" its place in the values.
*/}}
{{- define "lotse.env.validate" -}}
{{- range $name, $_ := .env }}
{{- if not (regexMatch "^[A-Za-z_][A-Za-z0-9_]*$" $name) }}
lotse: {{ $.at }}.{{ $name }} is not the name of an environment variable. Use letters, digits and "_", not starting with a digit.
{{- end }}
{{- end }}
{{- end }}
