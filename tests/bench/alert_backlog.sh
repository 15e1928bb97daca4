#!/bin/sh
# The memory of sls-alert at any backlog: while its spool fills with the server away, and while a new process delivers it.
# SAV_BENCH_BACKLOGS: megabytes, each a row (50 1000).
set -eu
# shellcheck source=tests/bench/shared/alert.sh
. "$(dirname -- "$0")/shared/alert.sh"
if ! command -v sls-alert >/dev/null; then
	echo 'left out: sls-alert is not there'
	exit
fi
# shellcheck disable=SC2086 # a list of numbers
python3 "$folder/alert_backlog.py" "$tmp" ${SAV_BENCH_BACKLOGS-50 1000}
