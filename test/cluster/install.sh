#!/usr/bin/env bash
# Installs the Debian packages that the test cluster and the integration tests need, those that are missing and no others.
# Usage: install.sh               (as root) everything, on Linux only
#        install.sh PACKAGE...    only these
# None of the services in the packages is started: our scripts start what they need, with their own settings.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"
packages=(containerd runc containernetworking-plugins buildah iptables conntrack iproute2 kmod socat openssl curl git redis-server pgbouncer python3-pip)
if [ $# -gt 0 ]; then packages=("$@"); fi

if ! command -v dpkg-query >/dev/null; then
  [ $# -gt 0 ] || [ "$(uname -s)" = Linux ] || die "the test cluster runs on Linux only"
  [ $# -gt 0 ] || die "this is not Debian or a descendant of it; install what these Debian packages contain by hand: ${packages[*]}"
  for package; do command -v "$package" >/dev/null || die "$package is missing; install it, on a Mac with Homebrew"; done
  exit 0
fi
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
[ "$(id -u)" = 0 ] || die "these Debian packages are missing and only root can install them: ${missing[*]}; run: sudo $HERE/install.sh $*"

log=$(mktemp) policy=/usr/sbin/policy-rc.d
trap 'rm -f "$log"; [ -z "${forbade-}" ] || rm -f "$policy"' EXIT
if [ ! -e "$policy" ]; then   # Debian asks this program before it starts a service; 101 is no
  forbade=1; printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"
fi
say "installing ${missing[*]} …"
apt() { DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -qq "$@" >>"$log" 2>&1 </dev/null; }
apt update || say "the package lists could not be renewed; trying with the old ones"
apt install --yes --no-install-recommends "${missing[@]}" ||
  { tail -n 15 "$log" >&2; die "the packages were not installed, see above; to see all of it: apt-get install ${missing[*]}"; }
if [ -d /run/systemd/system ]; then   # nor when the machine starts again
  for package in "${missing[@]}"; do systemctl disable --quiet "$package.service" 2>/dev/null || true; done
fi
say "installed in $(duration $SECONDS)"
