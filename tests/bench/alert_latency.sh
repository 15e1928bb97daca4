#!/bin/sh
# Single alerts, one at a time, beside syslog-ng: from the write into a pipe to the whole request at a server over TLS, the spool's
# sync included; then wake-ups at rest, of all threads. SAV_BENCH_SINGLES: how many alerts (200).
set -eu
# shellcheck source=tests/bench/shared/alert.sh
. "$(dirname -- "$0")/shared/alert.sh"
"$tmp/alerts" "${SAV_BENCH_SINGLES-200}" >"$tmp/input"
python3 "$folder/alert_latency.py" "$tmp"
