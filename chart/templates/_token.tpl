{{/*
lotse.token.volume renders, as a YAML list, the Kubernetes token of the pod's ServiceAccount, for the one container that mounts it.
Argument: the root context. Kubernetes would mount the same into every container of the pod if automountServiceAccountToken were true.
*/}}
{{- define "lotse.token.volume" -}}
- name: {{ include "lotse.name.prefix" . }}-token
  projected:
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3600
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- end }}

{{/*
lotse.token.volumeMount renders, as a YAML list, the mount that goes with lotse.token.volume.
Argument: the root context.
*/}}
{{- define "lotse.token.volumeMount" -}}
- name: {{ include "lotse.name.prefix" . }}-token
  mountPath: /var/run/secrets/kubernetes.io/serviceaccount
  readOnly: true
{{- end }}
