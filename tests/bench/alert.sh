#!/bin/sh
# sls-alert beside the floor (tests/bench/floor.c), syslog-ng and rsyslog: alerts of 1.55 kB from a file to one nginx
# over TLS, batches of 1 MB. SAV_BENCH_ALERTS: how many (200,000). SAV_BENCH_ROUNDS: how often, each in turn, the median counts (3).
set -eu
# shellcheck source=tests/bench/shared/alert.sh
. "$(dirname -- "$0")/shared/alert.sh"

# rsyslog: its package cannot stand beside syslog-ng's, so it is unpacked into a folder of its own.
RSYSLOG_ROOT=${SAV_BENCH-/tmp}/rsyslog
export RSYSLOG_ROOT
if ! command -v rsyslogd >/dev/null && [ ! -x "$RSYSLOG_ROOT/usr/sbin/rsyslogd" ] && command -v apt-get >/dev/null; then
	mkdir -p "$tmp/packages"
	(cd "$tmp/packages" && apt-get -q download rsyslog rsyslog-elasticsearch libestr0 libfastjson4 liblognorm5) >/dev/null 2>&1 || true
	for package in "$tmp"/packages/*.deb; do
		[ ! -e "$package" ] || dpkg -x "$package" "$RSYSLOG_ROOT"
	done
fi
"$tmp/alerts" "${SAV_BENCH_ALERTS-200000}" >"$tmp/input"
python3 "$folder/alert.py" "$tmp" "${SAV_BENCH_ALERTS-200000}" "${SAV_BENCH_ROUNDS-3}"
