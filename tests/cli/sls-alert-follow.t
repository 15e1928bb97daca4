#!/bin/sh
# sls-alert --follow: through rotation, and on from its place after whatever ended it.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit

printf 'alert_output: {outputs: [{type: file, name: "%s/out"}]}\n' "$tmp" >c.yaml
add() { seq -f '{"n":%.0f}' "$1" "$2" >>log; }
# shellcheck disable=SC2317 # wait_for calls it
arrived() { [ -e out ] && [ "$(sort -u out | wc -l)" = "$1" ]; }
start() {
	sls-alert -c c.yaml -s spool --follow log 2>>err &
	pid=$!
}
# A kill may come between a delivery and its being noted: what was in flight then comes twice.
whole() { is "$1" "$(jq .n out | sort -nu | awk '$1 != NR { bad++ } END { print bad + 0, NR }')" "0 $2"; }

# Figures in the folder that is watched: at rest they must not be what wakes it. Looked at in the end.
mkdir quiet
echo '{"n":1}' >quiet/log
printf 'alert_output: {outputs: [{type: file, name: "%s/quiet/out"}]}\n' "$tmp" >quiet.yaml
(cd quiet && exec sls-alert -c ../quiet.yaml -s spool --follow log --metrics figures.prom) &
quiet=$!
wait_for grep -qs '"n"' quiet/out
quiet_since=$(date +%s)

add 1 100
start
ok 'what is there is read' wait_for arrived 100
add 101 200
ok 'what is added is read' wait_for arrived 200
printf '{"n":20' >>log
mv log log.1
printf '1}\n' >>log.1
add 202 300
ok 'a file that was renamed is read to its end, then the new one' wait_for arrived 300
kill -9 "$pid"
wait "$pid" 2>/dev/null
add 301 400
mv log.1 log.2
mv log log.1
add 401 500
start
ok 'after kill -9 and a rotation meanwhile it goes on' wait_for arrived 500
cp log log.copy
: >log
add 501 600
ok 'a file that was copied and truncated is read from its beginning' wait_for arrived 600
printf 'junk\n{"cut":"\n' >>log
add 601 601
ok 'junk holds nothing up' wait_for arrived 601
kill -TERM "$pid"
wait "$pid"
is 'SIGTERM ends it' "$?" 0
whole 'no alert is missing' 601
is 'junk came once, too' "$(jq -c .alert spool/dead.ndjson)" '"junk"
"{\"cut\":\""'
before=$(wc -l <out)
start
add 602 602
wait_for arrived 602
is 'a further start repeats nothing' "$(wc -l <out)" "$((before + 1))"
kill -TERM "$pid"
wait "$pid"
whole 'nor does it leave anything out' 602
# What comes within a minute of a warning waits for the next one, or for the end.
is 'it warned of the junk and of the file that was cut short, and said nothing else' \
	"$(awk -F ': ' '{ sum[$1 ": " $2 ": " $3 ": " $4] += $5 } END { for (text in sum) print text ": " sum[text] }' err | sort)" \
	'sls-alert: warning: log: cut short or rotated away, with no copy to read the rest from: 1
sls-alert: warning: log: rejected, see dead.ndjson: 2'

# Its first group cut off, from a file that came only when somebody was waiting for it: nothing was delivered yet.
output_x() { printf 'alert_output: {outputs: [{id: x, %s}]}\n' "$1" >x.yaml; }
output_x "type: webhook, url: 'http://127.0.0.1:$(free_port)'"
sls-alert -c x.yaml -s late.spool --follow late 2>/dev/null &
pid=$!
wait_for sh -c "grep -qs inotify /proc/$pid/fdinfo/*"
seq -f '{"n":%.0f}' 3 >late.new
mv late.new late
wait_for grep -qs '"n":3' late.spool/0000000000000001.seg
kill -9 "$pid"
wait "$pid" 2>/dev/null
at() { LC_ALL=C grep -abo "$1" late.spool/0000000000000001.seg | tail -n 1 | cut -d: -f1; }
record=$(at '"n":3')
head -c $(($(at SLSgrp) + 256 - record)) /dev/zero |
	dd of=late.spool/0000000000000001.seg bs=1 seek="$record" conv=notrunc 2>/dev/null
output_x "type: file, name: '$tmp/late.out'"
sls-alert -c x.yaml -s late.spool --follow late 2>>err &
pid=$!
wait_for grep -qs '"n":3' late.out
kill -TERM "$pid"
wait "$pid"
is 'a first group that was cut off is read again, whole and once' "$(jq .n late.out | paste -sd' ')" '1 2 3'
refuses 'a folder that is not there' 66 'none: No such file' sls-alert -c c.yaml -s spool2 --follow none/log
refuses 'following and flushing' 64 'give one of' sls-alert -c c.yaml --follow log --flush

# They are written at most once in 5 seconds: the last delivery is told of by then, and nothing after it.
left=$((quiet_since + 7 - $(date +%s)))
[ "$left" -le 0 ] || sleep "$left"
ok 'the figures tell of the delivery' wait_for grep -qs '^sls_alert_delivered_alerts_total{output="file"} 1$' quiet/figures.prom
before=$(stat -c '%i %y' quiet/figures.prom)
sleep 6
is 'and are left alone while nothing happens' "$(stat -c '%i %y' quiet/figures.prom)" "$before"
kill "$quiet"
wait "$quiet"
tap_done
