{{/*
lotse.sources renders, as YAML, what a container of Lotse gets from Secrets and ConfigMaps: env, envFrom, mounts, and the volumes of its pod.
Argument: dict "root" the root context, "env", "envFrom", "mounts" the container's lists, "volumes" those of its pod, "before" the init containers that
start before it, "files" whether the chart makes the pod's volumes, "wait" how long to wait for what is missing, empty for not at all.

Without the object of a required reference, Kubernetes starts no container, so nothing in a log says why. Therefore the references are optional, and
Lotse gets a list of them to tell what is missing. A file shows whether it exists: a variable could have come from envFrom instead, and Kubernetes
sets it only when the container starts. Required stay what the chart makes itself, what an earlier init container mounts, and a mount with a subPath,
which never changes.
*/}}
{{- define "lotse.sources" -}}
{{- $prefix := include "lotse.name.prefix" .root -}}
{{- $made := include "lotse.sources.made" .root | fromJsonArray -}}
{{- $kinds := dict "secret" "Secret" "configMap" "ConfigMap" -}}
{{- $all := dict "list" list "keys" list "volumes" list "mounts" list -}}
{{- $env := deepCopy .env -}}
{{- $envFrom := deepCopy (.envFrom | default list) -}}
{{- $volumes := deepCopy (.volumes | default list) -}}
{{- range $entry := $env -}}
{{- range $field, $kind := $kinds -}}
{{- with dig "valueFrom" (printf "%sKeyRef" $field) dict $entry -}}
{{- if not (or .optional (has .name $made)) -}}
{{- $_ := set . "optional" true -}}
{{- $told := dict "what" $entry.name "kind" $kind "name" .name "key" .key -}}
{{- if $.files -}}
{{- $_ := set $told "at" (printf "/lotse/sources/%s" $entry.name) -}}
{{- $key := dict "name" .name "items" (list (dict "key" .key "path" $entry.name)) "optional" true -}}
{{- $_ := set $all "keys" (append $all.keys (dict $field $key)) -}}
{{- end -}}
{{- $_ := set $all "list" (append $all.list $told) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .files -}}
{{- range $index, $entry := $envFrom -}}
{{- range $field, $kind := $kinds -}}
{{- with get $entry (printf "%sRef" $field) -}}
{{- if not .optional -}}
{{- $_ := set . "optional" true -}}
{{- $volume := printf "%s-source-%d" $prefix $index -}}
{{- $path := printf "/lotse/source-%d" $index -}}
{{- $_ := set $all "volumes" (append $all.volumes (dict "name" $volume $field (dict (ternary "secretName" "name" (eq $field "secret")) .name "optional" true))) -}}
{{- $_ := set $all "mounts" (append $all.mounts (dict "name" $volume "mountPath" $path "readOnly" true)) -}}
{{- $_ := set $all "list" (append $all.list (dict "what" "config.envFrom" "kind" $kind "name" .name "at" $path)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $volume := $volumes -}}
{{- $path := include "lotse.sources.path" (dict "volume" $volume.name "mounts" $.mounts "before" $.before) -}}
{{- if and $path (ne $volume.name (printf "%s-token" $prefix)) -}}
{{- range $part := prepend (dig "projected" "sources" list $volume) $volume -}}
{{- range $field, $kind := $kinds -}}
{{- with get $part $field -}}
{{- $items := .items | default list -}}
{{- /* Of a projected volume only single keys can be told apart. */ -}}
{{- $name := .secretName | default .name -}}
{{- if and (not (or .optional (has $name $made))) (or $items (not (hasKey $volume "projected"))) -}}
{{- $_ := set . "optional" true -}}
{{- $told := dict "kind" $kind "name" $name -}}
{{- range $items -}}
{{- $file := printf "%s/%s" (trimSuffix "/" $path) .path -}}
{{- $_ := set $all "list" (append $all.list (merge (dict "what" $file "key" .key "at" $file) $told)) -}}
{{- else -}}
{{- $_ := set $all "list" (append $all.list (merge (dict "what" $path "at" $path) $told)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $all.keys -}}
{{- $volume := printf "%s-sources" $prefix -}}
{{- $_ := set $all "volumes" (prepend $all.volumes (dict "name" $volume "projected" (dict "sources" .))) -}}
{{- $_ := set $all "mounts" (prepend $all.mounts (dict "name" $volume "mountPath" "/lotse/sources" "readOnly" true)) -}}
{{- end -}}
{{- with $all.list -}}
{{- $env = append $env (dict "name" "LOTSE_SOURCES" "value" (toJson .)) -}}
{{- with $.wait -}}{{- $env = append $env (dict "name" "LOTSE_SOURCES_WAIT" "value" .) -}}{{- end -}}
{{- end -}}
{{- dict "env" $env "envFrom" $envFrom "volumes" (concat $volumes $all.volumes) "mounts" (concat (.mounts | default list) $all.mounts) | toYaml -}}
{{- end }}

{{/*
lotse.sources.path renders where a container sees what a volume holds, or nothing where it sees only parts, or where an earlier container does too.
Argument: dict "volume" the volume's name, "mounts" the container's mounts, "before" the init containers that start before it.
*/}}
{{- define "lotse.sources.path" -}}
{{- $path := "" -}}
{{- $parts := false -}}
{{- range .mounts -}}
{{- if eq .name $.volume -}}{{- $path = $path | default .mountPath -}}{{- if or .subPath .subPathExpr -}}{{- $parts = true -}}{{- end -}}{{- end -}}
{{- end -}}
{{- range .before -}}{{- range .volumeMounts -}}{{- if eq .name $.volume -}}{{- $parts = true -}}{{- end -}}{{- end -}}{{- end -}}
{{- if not $parts -}}{{- $path -}}{{- end -}}
{{- end }}

{{/*
lotse.sources.made renders, as a JSON list, the names of Secrets and ConfigMaps that the chart makes itself, before any pod that needs them.
Argument: the root context.
*/}}
{{- define "lotse.sources.made" -}}
{{- $made := list -}}
{{- if .Values.postgres.enabled -}}{{- $made = append $made (include "lotse.postgres.name" .) -}}{{- end -}}
{{- if .Values.database.url -}}{{- $made = append $made (include "lotse.workload.names.secret" .) -}}{{- end -}}
{{- if eq (include "lotse.source.kind" .) "files" -}}{{- $made = append $made (include "lotse.workload.names.migrations" .) -}}{{- end -}}
{{- range $owner := list "hook" "release" -}}
{{- range $suffix := list "database" "migrations" -}}
{{- $made = append $made (include "lotse.migrator.owner.objectName" (dict "root" $ "owner" $owner "suffix" $suffix)) -}}
{{- end -}}
{{- end -}}
{{- toJson $made -}}
{{- end }}
