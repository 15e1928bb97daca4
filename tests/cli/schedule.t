#!/bin/sh
# The rule alone (cron/schedule.awk), under each awk that is here.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"

# Each line: what is expected, a tab, the expression.
cat >"$tmp/cases" <<'END'
518400	schedule_next(0, 0)
604800	schedule_next(0, 0.5)
691199	schedule_next(0, 0.9999999)
1790691200	schedule_next(1790000000, 1)
3600	schedule_retry(0, 1, 0, 0)
90000	schedule_retry(0, 1, 0, 1)
7200	schedule_retry(0, 2, 0, 0)
14400	schedule_retry(0, 3, 0, 0)
28800	schedule_retry(0, 4, 0, 0)
57600	schedule_retry(0, 5, 0, 0)
86400	schedule_retry(0, 6, 0, 0)
86400	schedule_retry(0, 99, 0, 0)
172800	schedule_retry(0, 99, 0, 1)
7200	schedule_retry(0, 1, 7200, 0)
7344	schedule_retry(0, 1, 7200, 0.04)
10800	schedule_retry(0, 1, 10800, 0)
86400	schedule_retry(0, 1, 99999999, 0)
88200	schedule_retry(0, 1, 99999999, 0.5)
50	schedule_due(50, 0, 0, 49, 0.5)
604850	schedule_due("", 0, 0, 50, 0.5)
691250	schedule_due(691250, 0, 0, 50, 0.5)
604850	schedule_due(691251, 0, 0, 50, 0.5)
1850	schedule_due(50, 0, 0, 50, 0.5)
1050	schedule_due(50, 0, 0, 1050, 0)
10000000	schedule_due(50, 0, 0, 10000000, 0)
31536049	schedule_due(50, 0, 0, 31536049, 0)
32054450	schedule_due(50, 0, 0, 31536050, 0)
31536050	schedule_due(50, 0, 1, 31536050, 0)
31536050	schedule_due(50, 20, 0, 31536050, 0)
604900	schedule_due(50, 100, 0, 1000, 0.5)
2800	schedule_due(50, 100, 1, 1000, 0.5)
2800	schedule_due(50, 5000, 0, 1000, 0.5)
520300	schedule_due(50, 100, 0, 518500, 0.5)
1	schedule_is_near(3600, 0)
0	schedule_is_near(3601, 0)
1	schedule_is_near(0, 3600)
0	schedule_is_stale(100, 100)
0	schedule_is_stale(100, 518499)
1	schedule_is_stale(100, 518500)
1	schedule_is_stale(100, 99)
END
for awk in mawk gawk 'busybox awk'; do
	if ! command -v "${awk%% *}" >/dev/null; then
		skip "the rule under $awk" 'not installed'
		continue
	fi
	{
		cat "$root/cron/schedule.awk"
		awk -F'\t' '{ printf "BEGIN { got = sprintf(\"%%.0f\", %s); if (got != %s) print \"line %d: \" got }\n", $2, $1, NR }' \
			"$tmp/cases"
	} >"$tmp/program"
	run $awk -f "$tmp/program"
	is "the rule under $awk" "$status$out$err" 0
done
is 'no clock, no file, no chance of its own' \
	"$(grep -nE 'systime|srand|rand\(|getline|system\(|print|ENVIRON' "$root/cron/schedule.awk")" ''

# Chance: over many draws the dates fill their range evenly.
spread() {
	awk "$(cat "$root/cron/schedule.awk")"'
	BEGIN {
		srand(1)
		for (i = 0; i < 96000; i++) count[int((schedule_next(0, rand()) - schedule_rest) / schedule_hour)]++
		for (hour in count) { hours++; if (count[hour] < 1800 || count[hour] > 2200) print hour, count[hour] }
		print hours
	}'
}
is '96,000 first dates fill 48 hours evenly' "$(spread)" 48
tap_done
