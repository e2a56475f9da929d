#!/usr/bin/env bash
# Makes the certificate authority, the certificates and the kubeconfig files of a fresh cluster. up.sh calls it.
# Usage: certificates.sh FOLDER NODE_IP   leaves FOLDER/pki/* and FOLDER/{admin,controller-manager,scheduler,proxy,kubelet}.kubeconfig
set -euo pipefail
node_ip=$2; cd "$1"; mkdir -p pki; chmod 700 pki; umask 077
exec 3>&2 2>pki/openssl.log; trap 'cat pki/openssl.log >&3' ERR; set -E   # openssl is noisy when all is well
sign() { # sign NAME SUBJECT EXTENSIONS; elliptic curves, because RSA keys take seconds
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "pki/$1.key" -out "pki/$1.csr" -subj "$2"
  openssl x509 -req -in "pki/$1.csr" -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -days 3650 -extfile <(printf '%s' "$3") -out "pki/$1.crt"
}
client() { # client NAME SUBJECT
  sign "$1" "$2" extendedKeyUsage=clientAuth
  cat >"$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: lotse, cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: $(base64 -w0 pki/ca.crt)}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "pki/$1.crt"), client-key-data: $(base64 -w0 "pki/$1.key")}}]
contexts: [{name: lotse, context: {cluster: lotse, user: $1}}]
current-context: lotse
YAML
}
openssl genrsa -out pki/sa.key 2048; openssl rsa -in pki/sa.key -pubout -out pki/sa.pub
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout pki/ca.key -out pki/ca.crt -days 3650 -subj /CN=lotse-test
sign apiserver /CN=kube-apiserver "subjectAltName=IP:127.0.0.1,IP:10.96.0.1,IP:$node_ip,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
client admin /O=system:masters/CN=admin
client controller-manager /CN=system:kube-controller-manager
client scheduler /CN=system:kube-scheduler
client proxy /CN=system:kube-proxy
client kubelet /O=system:nodes/CN=system:node:node
