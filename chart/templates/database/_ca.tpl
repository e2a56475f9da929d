{{/*
lotse.database.ca renders how the database's CA is set: caSecret, caConfigMap, both joined by " and ", or nothing.
Argument: a map shaped like `database`.
*/}}
{{- define "lotse.database.ca" -}}
{{- $ways := list -}}
{{- range $way := list "caSecret" "caConfigMap" -}}
{{- if dig "tls" $way "name" "" $ -}}{{- $ways = append $ways $way -}}{{- end -}}
{{- end -}}
{{- join " and " $ways -}}
{{- end }}

{{/*
lotse.database.ca.volumes renders the volume with the CA of the database's certificate, or an empty list.
Argument: dict "root" the root context, "database" a map shaped like `database`.
*/}}
{{- define "lotse.database.ca.volumes" -}}
{{- $way := include "lotse.database.ca" .database -}}
{{- if $way }}
{{- $source := get .database.tls $way }}
- name: {{ include "lotse.name.prefix" .root }}-database-ca
  {{- if eq $way "caSecret" }}
  secret:
    secretName: {{ $source.name | quote }}
  {{- else }}
  configMap:
    name: {{ $source.name | quote }}
  {{- end }}
    items:
      - key: {{ $source.key | default "ca.crt" | quote }}
        path: ca.crt
{{- else }}[]
{{- end }}
{{- end }}

{{/*
lotse.database.ca.volumeMounts renders the mount that goes with lotse.database.ca.volumes; PGSSLROOTCERT names its file.
Argument: dict "root" the root context, "database" a map shaped like `database`.
*/}}
{{- define "lotse.database.ca.volumeMounts" -}}
{{- if include "lotse.database.ca" .database }}
- name: {{ include "lotse.name.prefix" .root }}-database-ca
  mountPath: /etc/lotse/database
  readOnly: true
{{- else }}[]
{{- end }}
{{- end }}
