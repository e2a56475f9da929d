#!/usr/bin/env bash
# Lints what Biome and TypeScript do not read: shell scripts, workflows and the chart. Part of `make check`.
# Usage: lint.sh
set -euo pipefail
# shellcheck source=../cluster/environment.sh
. "$(dirname "$0")/../cluster/environment.sh"
cd "$HERE/../.."

shellcheck=$CACHE/bin/shellcheck-$(content test/lint/requirements.txt)
if [ ! -d "$shellcheck" ]; then
  python3 -m pip --version >/dev/null 2>&1 || test/cluster/install.sh python3-pip
  mkdir -p "$CACHE/bin"; work=$(mktemp -d "$shellcheck.XXXXXX"); trap 'rm -rf "$work"' EXIT
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --only-binary=:all: --require-hashes \
    --target "$work" --requirement test/lint/requirements.txt || die "shellcheck could not be installed, see above"
  mv "$work" "$shellcheck"
fi
programs=$(test/cluster/build.sh --path actionlint helm4)
{ read -r actionlint; read -r helm; } <<<"$programs"
export PATH=$shellcheck/bin:$actionlint:$helm:$PATH   # actionlint hands the scripts in workflows to shellcheck

# shellcheck disable=SC2329  # both are run by name below
scripts() { git ls-files -z '*.sh' .ci/run | xargs -0 -n 15 -P 2 shellcheck --external-sources --source-path=SCRIPTDIR; }
# shellcheck disable=SC2329
chart() { # in each mode; silent unless something is wrong
  local values output
  for values in shop postgres; do
    output=$(helm lint --strict --values "test/chart/values/$values.yaml" chart 2>&1) || { printf '%s\n' "$output" >&2; return 1; }
  done
}
running=()
for each in scripts actionlint chart; do "$each" & running+=($!); done
status=0
for each in "${running[@]}"; do wait "$each" || status=1; done
exit $status
