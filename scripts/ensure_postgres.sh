#!/usr/bin/env bash
# Makes sure that the storage tests have PostgreSQL's programs. Never fails: without them those tests are skipped and the
# run says so. The tests start a cluster of their own; no running server is needed or touched.
set -u
. "$(dirname "$0")/ensure.sh"

present() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

present && exit 0
install_on_debian postgresql
present || say_loudly "PostgreSQL is missing: the storage tests will run on SQLite alone."
exit 0
