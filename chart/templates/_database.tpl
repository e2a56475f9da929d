{{/*
lotse.database renders, as YAML, where the workloads' database is: `database`, or the one that postgres.enabled starts.
Argument: the root context.
*/}}
{{- define "lotse.database" -}}
{{- if .Values.postgres.enabled -}}
{{- $name := include "lotse.postgres.name" . -}}
{{- dict "host" $name "port" 5432 "name" "app" "user" "app" "passwordSecret" (dict "name" $name "key" "password") | toYaml -}}
{{- else -}}
{{- toYaml .Values.database -}}
{{- end -}}
{{- end }}

{{/*
lotse.database.way renders which way a database is given: existingSecret, host, url, several of them joined by " and ", or nothing.
Argument: a map shaped like `database`.
*/}}
{{- define "lotse.database.way" -}}
{{- $ways := list -}}
{{- if dig "existingSecret" "name" "" . -}}{{- $ways = append $ways "existingSecret" -}}{{- end -}}
{{- if .host -}}{{- $ways = append $ways "host" -}}{{- end -}}
{{- if .url -}}{{- $ways = append $ways "url" -}}{{- end -}}
{{- join " and " $ways -}}
{{- end }}

{{/*
lotse.database.env renders, as a YAML list, the environment that names the database; workloads and the migrator get the same.
Argument: dict "database" a map shaped like `database`, "secret" the name of the Secret made for database.url.
*/}}
{{- define "lotse.database.env" -}}
{{- $way := include "lotse.database.way" .database -}}
{{- if eq $way "host" }}
- name: DATABASE_URL
  value: {{ include "lotse.database.url" .database | quote }}
- name: PGHOST
  value: {{ .database.host | quote }}
- name: PGPORT
  value: {{ .database.port | default 5432 | int | quote }}
- name: PGDATABASE
  value: {{ .database.name | quote }}
- name: PGUSER
  value: {{ .database.user | quote }}
{{- if dig "passwordSecret" "name" "" .database }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .database.passwordSecret.name | quote }}
      key: {{ .database.passwordSecret.key | default "password" | quote }}
{{- end }}
{{- else }}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ ternary (dig "existingSecret" "name" "" .database) .secret (eq $way "existingSecret") | quote }}
      key: {{ ternary (dig "existingSecret" "key" "" .database | default "url") "url" (eq $way "existingSecret") | quote }}
{{- end }}
{{- with dig "tls" "mode" "" .database }}
- name: PGSSLMODE
  value: {{ . }}
{{- end }}
{{- if dig "tls" "caSecret" "name" "" .database }}
- name: PGSSLROOTCERT
  value: /etc/lotse/database/ca.crt
{{- end }}
{{- end }}

{{/*
lotse.database.volumes renders the volume with the CA of the database's certificate, or an empty list.
Argument: dict "root" the root context, "database" a map shaped like `database`.
*/}}
{{- define "lotse.database.volumes" -}}
{{- if dig "tls" "caSecret" "name" "" .database }}
- name: {{ include "lotse.prefix" .root }}-database-ca
  secret:
    secretName: {{ .database.tls.caSecret.name | quote }}
    items:
      - key: {{ .database.tls.caSecret.key | default "ca.crt" | quote }}
        path: ca.crt
{{- else }}[]
{{- end }}
{{- end }}

{{/*
lotse.database.volumeMounts renders the mount that goes with lotse.database.volumes; PGSSLROOTCERT names its file.
Argument: dict "root" the root context, "database" a map shaped like `database`.
*/}}
{{- define "lotse.database.volumeMounts" -}}
{{- if dig "tls" "caSecret" "name" "" .database }}
- name: {{ include "lotse.prefix" .root }}-database-ca
  mountPath: /etc/lotse/database
  readOnly: true
{{- else }}[]
{{- end }}
{{- end }}
