#!/bin/sh
# The recipe of sav-report(1) for counting on many cores, as it stands there.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit
if ! parallel --version 2>/dev/null | grep -q '^GNU parallel'; then
	skip 'counting on many cores' 'no GNU parallel'
	tap_done
fi
HOME=$tmp # where it keeps its own files
export HOME

"$root/tests/fleet/hosts.py" -n 1000 -w 2015-W46 -c 2 >fleet.ndjson
mkdir opened
split -n l/5 fleet.ndjson opened/
sed -n '/^Count on all cores/,/^\.Ed/p' "$root/man/sav-report.1" | sed -n '/^\.Bd/,/^\.Ed/{/^\./d;p}' | sed 's/^export WEEK=.*/export WEEK=2015-W47/' >recipe
is 'the page has a recipe' "$(grep -c . recipe)" 5
run sh -e recipe
is 'it works' "$status,$out" 0,
is 'and leaves no part behind' "$(find . -name 'part.*')" ''
sav-report add --db one.db --week 2015-W47 opened/*
sav-report json --db one.db >one
sav-report json --db reports.db >many
ok 'sixteen parts say the same as one process' cmp one many
tap_done
