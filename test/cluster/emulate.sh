#!/usr/bin/env bash
# Runs a command while this machine also starts programs for arm64, through Debian's QEMU. Afterwards it starts them no longer.
# Usage: emulate.sh COMMAND [ARGUMENT...] (as root); where arm64 programs start already, it just runs the command
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
[ $# -gt 0 ] || die "say what to run: emulate.sh COMMAND [ARGUMENT...]"
kernel=/proc/sys/fs/binfmt_misc name=lotse-aarch64 mounted=
# The head of an ELF file for arm64, and which of its bits count (linux/elf.h, Documentation/admin-guide/binfmt-misc.rst).
magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
if [ "$(uname -m)" = aarch64 ] || grep -qs 'magic 7f454c46.*b700' $kernel/*; then "$@"; exit; fi

qemu=$CACHE/bin/qemu-aarch64
if [ ! -x "$qemu" ]; then
  mkdir -p "$CACHE/bin"; work=$(mktemp -d "$qemu.XXXXXX")
  (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download qemu-user-static && dpkg-deb --fsys-tarfile ./*.deb | tar -x ./usr/bin/qemu-aarch64-static) ||
    die "Debian's package qemu-user-static could not be fetched, see above; run apt-get update and try again"
  mv "$work/usr/bin/qemu-aarch64-static" "$qemu"; rm -r "$work"
fi
# shellcheck disable=SC2329  # the trap runs it
clean() {
  [ ! -e "$kernel/$name" ] || echo -1 >"$kernel/$name"
  [ -z "$mounted" ] || umount "$kernel"
}
trap clean EXIT; trap 'exit 130' INT; trap 'exit 143' TERM
if [ ! -e "$kernel/register" ]; then
  mount -t binfmt_misc binfmt_misc "$kernel" || die "this machine cannot be told to start programs for arm64, which takes root and a kernel with binfmt_misc"
  mounted=1
fi
# F: the kernel opens QEMU now, so that it need not be in the image.
printf ':%s:M::%s:%s:%s:F' "$name" "$magic" "$mask" "$qemu" >"$kernel/register"
status=0; "$@" || status=$?
exit "$status"
