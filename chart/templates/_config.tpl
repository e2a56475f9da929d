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
lotse.envEntries renders, as a YAML list of {name, value | valueFrom}, a map of environment variables, by name.
Argument: a map from name to a string or to {valueFrom}. An empty value is left out, as the API server does: said, it would be a difference forever.
*/}}
{{- define "lotse.envEntries" -}}
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
lotse.nodeOptions renders, as a YAML list, the NODE_OPTIONS of a container that runs Lotse's image: those it is given, or none, whatever config says.
Argument: a map of environment variables that may give them. An application's load what is in its own image (--require dd-trace/init), and no Node
starts without that.
*/}}
{{- define "lotse.nodeOptions" -}}
{{- pick (. | default dict) "NODE_OPTIONS" | default (dict "NODE_OPTIONS" "") | include "lotse.envEntries" -}}
{{- end }}

{{/*
lotse.fileKey renders the key that a file of config.files has in its ConfigMap: "/etc/shop/app.yaml" becomes "etc_shop_app.yaml".
Argument: the file's absolute path.
*/}}
{{- define "lotse.fileKey" -}}
{{- trimPrefix "/" . | replace "/" "_" -}}
{{- end }}

{{/*
lotse.files renders the data of the ConfigMap that holds config.files; the workloads and the migrator each have one.
Argument: the root context.
*/}}
{{- define "lotse.files" -}}
{{- $data := dict -}}
{{- range $path, $content := .Values.config.files -}}
{{- $_ := set $data (include "lotse.fileKey" $path) $content -}}
{{- end -}}
{{- toYaml $data -}}
{{- end }}

{{/*
lotse.volumes renders the volumes of a pod: the database's CA, config.files and config.volumes.
Argument: dict "root" the root context, "database" the database of this pod, "files" the name of its ConfigMap.
*/}}
{{- define "lotse.volumes" -}}
{{- $volumes := include "lotse.database.volumes" . | fromYamlArray -}}
{{- if .root.Values.config.files -}}
{{- $volumes = append $volumes (dict "name" (printf "%s-files" (include "lotse.prefix" .root)) "configMap" (dict "name" .files)) -}}
{{- end -}}
{{- concat $volumes (.root.Values.config.volumes | default list) | toYaml -}}
{{- end }}

{{/*
lotse.volumeMounts renders the mounts that go with lotse.volumes; each file is mounted alone, so that it hides no folder of the image.
Argument: as for lotse.volumes.
*/}}
{{- define "lotse.volumeMounts" -}}
{{- $mounts := include "lotse.database.volumeMounts" . | fromYamlArray -}}
{{- range $path, $_ := .root.Values.config.files -}}
{{- $mounts = append $mounts (dict "name" (printf "%s-files" (include "lotse.prefix" $.root)) "mountPath" $path "subPath" (include "lotse.fileKey" $path) "readOnly" true) -}}
{{- end -}}
{{- concat $mounts (.root.Values.config.volumeMounts | default list) | toYaml -}}
{{- end }}
