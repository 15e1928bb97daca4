#!/bin/sh
# sav-report add against jq doing the same grouping: one week of 4,000 machines. Then the memory for many machines.
set -eu
folder=$(dirname -- "$0")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

hosts() { "$folder/../fleet/hosts.py" -w 2015-W47 "$@"; }
hosts -n 4000 >"$tmp/week.ndjson"
if command -v jq >/dev/null; then
	"$folder/pair.py" -n 5 '<= 0.1' "sav-report add --db $tmp/db --week 2015-W47 $tmp/week.ndjson" \
		"jq -nc -f $folder/report.jq $tmp/week.ndjson"
else
	echo 'left out: jq is not installed'
fi
# The same 10,000 machines again and again under other ids, through a pipe.
hosts -n 10000 >"$tmp/week.ndjson"
times=100
python3 - "$times" "$tmp" <<'PY'
import resource, subprocess, sys, time
times, folder = int(sys.argv[1]), sys.argv[2]
start = time.perf_counter()
subprocess.run(f"""for i in $(seq {times}); do
        sed "s/\\"machine_id\\":\\"...../\\"machine_id\\":\\"$(printf %05x "$i")/" {folder}/week.ndjson
    done | sav-report add --db {folder}/db --week 2015-W47""", shell=True, check=True)
took = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f'{times * 10000:8} machines in {took:6.1f} s, sed included: peak {peak} KiB, {peak * 1024 / (times * 10000):.0f} bytes a machine')
PY
