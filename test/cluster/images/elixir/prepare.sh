#!/usr/bin/env bash
# Fills the folder of the Elixir base image: Debian's Elixir with its mix, Erlang/OTP, the PostgreSQL driver p1_pgsql, and the shell and
# tools that a release's start script calls. Like the public images of that kind, but it runs as 65532.
# Usage: prepare.sh FOLDER (images.sh calls it)
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd) root=$1/rootfs
"$source/../debian.sh" "$root" elixir erlang-p1-pgsql coreutils sed grep dash
# What Debian's own scripts are written in, half of all that was unpacked; nothing of Erlang or Elixir calls it.
rm -rf "$root"/usr/{bin/perl*,share/perl*,lib/x86_64-linux-gnu/perl*} "$root"/var/cache/* "$root"/usr/lib/x86_64-linux-gnu/gconv
# mix release finds an application by its folder, and Debian calls those of some by the package: p1_xmpp-1.6.1 holds xmpp.
for folder in "$root"/usr/lib/erlang/lib/p1_*; do
  name=$(basename "$folder"/ebin/*.app .app)-${folder##*-}
  [ "$name" = "$(basename "$folder")" ] || mv "$folder" "$(dirname "$folder")/$name"
done
mkdir -p "$root/tmp"; chmod 1777 "$root/tmp"
printf 'root:x:0:0::/:/bin/sh\nnonroot:x:65532:65532::/tmp:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$root/etc/group"
