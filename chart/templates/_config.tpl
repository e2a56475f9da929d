{{/*
lotse.config.fileKey renders the ConfigMap key for a file of config.files: "/etc/shop/app.yaml" becomes "etc_shop_app.yaml".
Argument: the file's absolute path.
*/}}
{{- define "lotse.config.fileKey" -}}
{{- trimPrefix "/" . | replace "/" "_" -}}
{{- end }}

{{/*
lotse.config.files renders the data of the ConfigMap that holds config.files; the workloads and the migrator each have one.
Argument: the root context.
*/}}
{{- define "lotse.config.files" -}}
{{- $data := dict -}}
{{- range $path, $content := .Values.config.files -}}
{{- $_ := set $data (include "lotse.config.fileKey" $path) $content -}}
{{- end -}}
{{- toYaml $data -}}
{{- end }}

{{/*
lotse.config.volumes renders the volumes of a pod: the database's CA, config.files and config.volumes.
Argument: dict "root" the root context, "database" the database of this pod, "files" the name of its ConfigMap.
*/}}
{{- define "lotse.config.volumes" -}}
{{- $volumes := include "lotse.database.ca.volumes" . | fromYamlArray -}}
{{- if .root.Values.config.files -}}
{{- $volumes = append $volumes (dict "name" (printf "%s-files" (include "lotse.name.prefix" .root)) "configMap" (dict "name" .files)) -}}
{{- end -}}
{{- concat $volumes (.root.Values.config.volumes | default list) | toYaml -}}
{{- end }}

{{/*
lotse.config.volumeMounts renders the mounts for lotse.config.volumes. Each file is mounted on its own, so that it hides no folder of the image.
Argument: as for lotse.config.volumes.
*/}}
{{- define "lotse.config.volumeMounts" -}}
{{- $mounts := include "lotse.database.ca.volumeMounts" . | fromYamlArray -}}
{{- range $path, $_ := .root.Values.config.files -}}
{{- $mounts = append $mounts (dict "name" (printf "%s-files" (include "lotse.name.prefix" $.root)) "mountPath" $path "subPath" (include "lotse.config.fileKey" $path) "readOnly" true) -}}
{{- end -}}
{{- concat $mounts (.root.Values.config.volumeMounts | default list) | toYaml -}}
{{- end }}

{{/*
lotse.config.validate renders what is wrong with config: a variable that the chart sets itself, two files under one key.
Argument: the root context. LOTSE_PLACEHOLDER_name is the user's: it fills in a placeholder of a Flyway migration.
*/}}
{{- define "lotse.config.validate" -}}
{{- include "lotse.env.validate" (dict "env" .Values.config.env "at" "config.env") }}
{{- range $name, $_ := .Values.config.env }}
{{- if has $name (list "DATABASE_URL" "PGHOST" "PGPORT" "PGDATABASE" "PGUSER" "PGPASSWORD" "PGSSLMODE" "PGSSLROOTCERT") }}
lotse: config.env.{{ $name }} is set by the chart from `database`. Remove it, and set it there.
{{- else if and (hasPrefix "LOTSE_" $name) (not (hasPrefix "LOTSE_PLACEHOLDER_" $name)) }}
lotse: config.env.{{ $name }} starts with LOTSE_, which is reserved for Lotse. Remove it; configure the migrator under `migrations`.
{{- end }}
{{- end }}
{{- include "lotse.env.validate" (dict "env" .Values.migrations.env "at" "migrations.env") }}
{{- range $name, $_ := .Values.migrations.env }}
{{- if and (hasPrefix "LOTSE_" $name) (not (hasPrefix "LOTSE_PLACEHOLDER_" $name)) }}
lotse: migrations.env.{{ $name }} starts with LOTSE_, which is reserved for the chart. Remove it; configure the migrator under `migrations`.
{{- end }}
{{- end }}
{{- include "lotse.files.validate" (dict "files" .Values.config.files "at" "config.files" "remedy" "Put large files into the application's image, or mount them with config.volumes.") }}
{{- $seen := dict }}
{{- range $path, $_ := .Values.config.files }}
{{- if not (regexMatch "^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$" $path) }}
lotse: config.files {{ $path }} is not a path that the chart can mount. Use an absolute path of letters, digits, ".", "_" and "-".
{{- end }}
{{- $key := include "lotse.config.fileKey" $path }}
{{- if hasKey $seen $key }}
lotse: config.files {{ get $seen $key }} and {{ $path }} would share the ConfigMap key {{ $key }}. Rename one of the two files.
{{- end }}
{{- $_ := set $seen $key $path }}
{{- end }}
{{- end }}
