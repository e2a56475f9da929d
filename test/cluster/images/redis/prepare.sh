#!/usr/bin/env bash
# Fills the folder of the Redis image: Debian's redis-server and redis-cli. As the official image it runs as 999 and keeps its data in /data.
# Usage: prepare.sh FOLDER (images.sh calls it)
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd) root=$1/rootfs
"$source/../debian.sh" "$root" redis-server
rm -rf "$root"/usr/{share,lib/*}/perl*   # only for scripts that are not run here
for each in bin lib lib64; do   # where Debian's packages have everything in /usr, another package has these links
  [ -e "$root/$each" ] || ln -s "usr/$each" "$root/$each"
done
mkdir -p "$root/data" "$root/tmp"; chmod 1777 "$root/data" "$root/tmp"
printf 'root:x:0:0::/:/sbin/nologin\nredis:x:999:999::/data:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nredis:x:999:\n' >"$root/etc/group"
