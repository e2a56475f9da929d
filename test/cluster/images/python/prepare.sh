#!/usr/bin/env bash
# Fills the folder of the Python base image: Debian's Python with a shell and the few programs around it, the library that wheels in C++ need, and Kerberos
# for Python, of which PyPI has no wheel. Runs as 65532.
# Usage: prepare.sh FOLDER (images.sh calls it)
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd) root=$1/rootfs
"$source/../debian.sh" "$root" python3 python3-gssapi libstdc++6 tzdata coreutils dash
for each in bin sbin lib lib64; do   # where Debian's packages have everything in /usr, another package has these links
  [ -e "$root/$each" ] || ln -s "usr/$each" "$root/$each"
done
# A pod cannot keep what Python compiles, so it would compile its own library at each start.
python=$(cd "$root/usr/bin" && readlink python3)
"/usr/bin/$python" -m compileall -q -s "$root" -p / --invalidation-mode unchecked-hash "$root/usr/lib/$python" "$root/usr/lib/python3"
mkdir -p "$root/tmp"; chmod 1777 "$root/tmp"
printf 'root:x:0:0::/:/bin/sh\nnonroot:x:65532:65532::/tmp:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
