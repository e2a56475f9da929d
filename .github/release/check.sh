#!/usr/bin/env bash
# Refuses a tag that is not what the repository says of itself; prints the version. That package, chart, image and changelog say the same
# is the business of test/unit/release.test.ts. Usage: check.sh TAG
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=${1:?say which tag: check.sh v1.2.3}
version=$(node -p 'require("./package.json").version') home=$(node -p 'require("./package.json").homepage')
die() { echo "release: error: $*" >&2; exit 1; }
[ "$tag" = "v$version" ] || die "the tag is $tag, but package.json has version $version; tag v$version, or change the version first"
# npm and Artifact Hub compare where a release comes from with where it says that it comes from.
[ -z "${GITHUB_REPOSITORY-}" ] || [ "$home" = "https://github.com/$GITHUB_REPOSITORY" ] ||
  die "package.json has homepage $home, but this is https://github.com/$GITHUB_REPOSITORY; change it there, in chart/Chart.yaml and in Dockerfile"
[ -n "$(.github/release/notes.sh "$version")" ] || die "CHANGELOG.md has nothing below [$version]; say there what changed"
echo "$version"
