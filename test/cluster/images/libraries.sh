#!/usr/bin/env bash
# Copies into an image's root folder the shared libraries of this machine that programs link, and those glibc loads for DNS.
# Usage: libraries.sh ROOT PROGRAM_OR_LIBRARY...; what a program finds below ROOT itself is not copied
set -euo pipefail
root=$1; shift
ldd "$@" | grep -o '/[^ ]*' | grep -v -e ':$' -e "^$root" | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"; cp -L "$library" "$root$library"
done
libc=$(ldd "$1" | grep -o '/[^ ]*/libc.so.6')
cp -L "$(dirname "$libc")"/{libnss_dns.so.2,libnss_files.so.2,libresolv.so.2} "$root$(dirname "$libc")/"
