#!/usr/bin/env bash
# Fills the folder of the image that the image of Lotse is built with: npm, Debian's shell with the tools around it, and the libraries
# that Node links. Usage: prepare.sh FOLDER (images.sh calls it)
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd) root=$1/rootfs npm=usr/local/lib/node_modules/npm
"$source/../debian.sh" "$root" coreutils dash libstdc++6 libatomic1
for each in bin sbin lib lib64; do   # where Debian's packages have everything in /usr, another package has these links
  [ -e "$root/$each" ] || ln -s "usr/$each" "$root/$each"
done
"$source/../fetch.sh" npm@11.19.1 \
  sha512-ztsxKxt/kkIaAs+2i0GU6I+DRmUdrNasxTZKJe9TCdSjKxlhah/4r/hl5ygMD6XAg1qZ9c2TNomR4qgOydp10g== "$root/$npm"
chmod 755 "$root/$npm/bin/npm-cli.js"
mkdir -p "$root"/{usr/local/bin,root,tmp,etc}; chmod 1777 "$root/tmp"
ln -s "/$npm/bin/npm-cli.js" "$root/usr/local/bin/npm"
printf 'root:x:0:0::/root:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\n' >"$root/etc/group"
