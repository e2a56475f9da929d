{{/*
lotse.database.ca.volumes renders the volume with the CA of the database's certificate, or an empty list.
Argument: dict "root" the root context, "database" a map shaped like `database`.
*/}}
{{- define "lotse.database.ca.volumes" -}}
{{- if dig "tls" "caSecret" "name" "" .database }}
- name: {{ include "lotse.name.prefix" .root }}-database-ca
  secret:
    secretName: {{ .database.tls.caSecret.name | quote }}
    items:
      - key: {{ .database.tls.caSecret.key | default "ca.crt" | quote }}
        path: ca.crt
{{- else }}[]
{{- end }}
{{- end }}

{{/*
lotse.database.ca.volumeMounts renders the mount that goes with lotse.database.ca.volumes; PGSSLROOTCERT names its file.
Argument: dict "root" the root context, "database" a map shaped like `database`.
*/}}
{{- define "lotse.database.ca.volumeMounts" -}}
{{- if dig "tls" "caSecret" "name" "" .database }}
- name: {{ include "lotse.name.prefix" .root }}-database-ca
  mountPath: /etc/lotse/database
  readOnly: true
{{- else }}[]
{{- end }}
{{- end }}
