#!/usr/bin/env bash
# Installs the other runners below test/bench/node_modules: npm packages, and goose from its Go module with PostgreSQL alone.
set -euo pipefail
cd "$(dirname "$0")"
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --loglevel=error; touch node_modules/.package-lock.json
fi
programs=$PWD/node_modules/.programs
build() { go build -C "$1" -mod=readonly -trimpath -ldflags '-s -w' -o "$programs/$1" "${@:2}"; }   # Go's own cache knows what is built
build measure .
build goose -tags no_clickhouse,no_libsql,no_mssql,no_mysql,no_sqlite3,no_vertica,no_ydb github.com/pressly/goose/v3/cmd/goose
