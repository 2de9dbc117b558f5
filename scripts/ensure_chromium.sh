#!/usr/bin/env bash
# Makes sure that the browser tests have a Chromium. Never fails: without one, those tests are skipped and the run says so.
set -u
. "$(dirname "$0")/ensure.sh"

for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && exit 0
done
[ -n "${COMITY_TEST_CHROMIUM:-}" ] && exit 0

install_on_debian chromium fonts-noto-cjk
command -v chromium >/dev/null || say_loudly "Chromium is missing: the browser and accessibility tests will be skipped."
exit 0
