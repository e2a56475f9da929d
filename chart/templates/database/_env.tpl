{{/*
lotse.database.env renders, as a YAML list, the database's environment variables. Workloads and the migrator get the same.
Argument: dict "database" a map shaped like `database`, "secret" the name of the Secret that the chart creates for database.url.
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
{{- else if eq $way "existingSecret" }}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .database.existingSecret.name | quote }}
      key: {{ .database.existingSecret.key | default "url" | quote }}
{{- else }}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .secret | quote }}
      key: url
{{- end }}
{{- with dig "tls" "mode" "" .database }}
- name: PGSSLMODE
  value: {{ . }}
{{- end }}
{{- if include "lotse.database.ca" .database }}
- name: PGSSLROOTCERT
  value: /etc/lotse/database/ca.crt
{{- end }}
{{- end }}
