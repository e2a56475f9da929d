#!/usr/bin/env bash
# Installs other migration tools: npm packages below test/tools/node_modules, goose and golang-migrate from their Go modules, and
# Flyway as a plugin of Maven, with Debian's Maven and Java where the machine has none.
set -euo pipefail
cd "$(dirname "$0")"
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --loglevel=error; touch node_modules/.package-lock.json
fi
../cluster/build.sh goose golang-migrate
command -v mvn >/dev/null || ../cluster/install.sh maven default-jdk-headless
# What is skipped is fetched all the same.
mvn --batch-mode --quiet --file flyway/pom.xml flyway:migrate -Dflyway.skip=true
