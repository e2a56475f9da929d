{{/*
lotse.complete renders nothing, or fails with all values that the templates need and that have not even their default.
Argument: the root context. Defaults are missing after `helm upgrade --reuse-values`, which takes those of the older chart, and where null removes them.
The schema does not require these values, so that it can check a values file alone, and because its message could not name the remedy.
*/}}
{{- define "lotse.complete" -}}
{{- $needed := dict
  "" (list "config" "database" "enabled" "finish" "gate" "image" "migrations" "pod" "postgres" "test")
  "finish" (list "budgets" "enabled" "events" "rbac" "schedule" "serviceAccount" "soak" "timeout" "version")
  "finish.budgets" (list "job" "run")
  "finish.rbac" (list "create")
  "gate" (list "enabled" "migrate" "rbac" "timeout")
  "gate.rbac" (list "create")
  "migrations" (list "budgets" "copy" "enabled" "events" "guard" "history" "image" "logFormat" "networkPolicy" "onDemand" "outputLog" "rbac" "retries" "serviceAccount" "source")
  "migrations.budgets" (list "connect" "helm" "job" "lockWait" "run")
  "migrations.history" (list "schema" "table")
  "migrations.networkPolicy" (list "enabled")
  "migrations.rbac" (list "create")
  "migrations.source" (list "path")
  "postgres" (list "enabled" "image" "password")
  "test" (list "enabled" "timeout")
-}}
{{- $missing := list -}}
{{- range $group, $fields := $needed -}}
{{- $values := $.Values -}}
{{- range splitList "." $group | compact -}}
{{- if kindIs "map" $values -}}{{- $values = get $values . -}}{{- end -}}
{{- end -}}
{{- if kindIs "map" $values -}}
{{- range $fields -}}
{{- if not (hasKey $values .) -}}{{- $missing = append $missing (printf "%s.%s" $group . | trimPrefix ".") -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $missing -}}
{{- fail (printf "lotse: %s: missing, and so is the default. If you upgraded from an older version of the chart with --reuse-values, use --reset-then-reuse-values instead. Otherwise, do not set it to null." (join ", " $missing)) -}}
{{- end -}}
{{- end }}
