#!/bin/sh
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit

alert='{"StrategyName":"Alert Tester","Priority":3}'
cat >stdout.yaml <<-'END'
	send_labs_telemetry: true
	endpoint_telemetry_enabled: true
	cloud_meta: auto
	customer_id: "########-####-####-####-############"
	alert_output:
	  outputs:
	  - type: stdout
	    enabled: true
	    template: 'Alert triggered: {{ .StrategyName}}'
END
cat >json.yaml <<-END
	alert_output:
	  outputs:
	  - {type: stdout, enabled: no}
	  - {type: file, name: "$tmp/alerts.json", max_size: 1, max_backups: 2}
END

run sh -c "printf '%s\n' '$alert' | sls-alert -c stdout.yaml -s spool"
is 'an alert goes to standard output, by its template' "$status,$out,$err" '0,Alert triggered: Alert Tester,'
is 'the spool is for its owner only' "$(mode_of spool)" 700
run sh -c "printf '%s\n\n{ \"a\" :\n 1 }' '$alert' | sls-alert -c json.yaml -s spool2"
is 'a file gets the JSON, a line an alert' "$status,$(cat alerts.json)" "0,$alert
{\"a\":1}"
is 'a disabled output gets nothing' "$out" ''
run sh -c "printf 'junk\n[1]\n%s\n{\"cut\":' '$alert' | sls-alert -c stdout.yaml -s spool3"
is 'what is no alert does not stop the rest' "$status,$out" '0,Alert triggered: Alert Tester'
is 'it is in the dead-letter file with its reason' \
	"$(jq -r '"\(.alert) \(.reason) \(.output)"' spool3/dead.ndjson)" 'junk not an object null
[1] not an object null
{"cut": cut off by the end of the input null'
is 'and that is said, what comes within a minute in the end' \
	"$(echo "$err" | awk -F ': ' '/^sls-alert: warning: standard input: rejected, see dead.ndjson: / { sum += $5 } END { print sum, NR <= 2 }')" '3 1'
is 'which is for its owner only' "$(mode_of spool3/dead.ndjson)" 600
{
	yes 'a log, not alerts' | head -n 5000
	printf '%s\n' "$alert"
} >log
run env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o syncs -e trace=fdatasync sls-alert -c stdout.yaml -s spool3b <log
is 'much that is no alert is all kept' "$status,$(jq -c .alert spool3b/dead.ndjson | sort | uniq -c | sed 's/^ *//')" '0,5000 "a log, not alerts"'
is 'and not synced line by line' "$(($(wc -l <syncs) < 50))" 1
seq -f "{\"n\":%.0f,\"pad\":\"$(head -c 900 /dev/zero | tr '\0' x)\"}" 3000 >many
run sh -c 'sls-alert -c json.yaml -s spool2 <many'
is 'a file is rotated by size' "$status,$(ls alerts.json*)" '0,alerts.json
alerts.json.1
alerts.json.2'
is 'no file is larger than it may be' "$(find . -name 'alerts.json*' -size +1048576c)" ''
is 'the oldest is gone, the rest is in order and whole' \
	"$(cat alerts.json.2 alerts.json.1 alerts.json | jq '.n // empty' | awk 'NR > 1 && $1 != last + 1 { bad++ } { last = $1 } END { print bad + 0, last }')" \
	'0 3000'
printf '{"n":0' >cut.json
sed "s|$tmp/alerts.json|$tmp/cut.json|" json.yaml >cut.yaml
printf '%s\n' "$alert" | sls-alert -c cut.yaml -s spool4
is 'a line that a crash cut short does not spoil the next' "$(tail -n 1 cut.json)" "$alert"

# Control characters in an alert do not reach the log's lines.
printf '%s\n' '{"StrategyName":"a\nAlert triggered: forged\u001b[2J"}' >forged
run sh -c 'sls-alert -c stdout.yaml -s spool <forged'
is 'an alert forges no line' "$out" 'Alert triggered: a\x0aAlert triggered: forged\x1b[2J'

# One reader at a time, ends, remains.
mkfifo in
sls-alert -c stdout.yaml -s spool5 <in >first.out 2>first.err &
pid=$!
exec 3<>in
printf '%s\n' "$alert" >&3
ok 'an alert arrives while the input stays open' wait_for grep -qs 'Alert Tester' first.out
refuses 'two processes on one spool' 75 'spool5' sh -c 'sls-alert -c stdout.yaml -s spool5 </dev/null'
kill -TERM "$pid"
wait "$pid"
is 'SIGTERM ends it when all is delivered' "$?" 0
exec 3>&-
run sh -c "printf '%s\n' '$alert' | sls-alert -c stdout.yaml -s spool6 --drain 0 >&-"
is 'an output that cannot take it: tried again with the next run' "$status" 75
run sls-alert -c stdout.yaml -s spool6 --flush
is '--flush delivers what was left' "$status,$out" '0,Alert triggered: Alert Tester'
run sls-alert -c stdout.yaml -s spool6 --flush
is 'and only once' "$status,$out" '0,'
run sh -c "printf '%s\n' '$alert' | sls-alert -c stdout.yaml -s spool6b --drain 1 >/dev/full"
is 'a full disk behind standard output is not taken for a delivery' "$status" 75
like 'and said' "$err" 'warning: stdout: held: standard output: No space left'

printf '%s\n' "$alert" | sls-alert -c stdout.yaml -s spool6c --drain 0 >/dev/full 2>/dev/null
printf '#' | dd of=spool6c/0000000000000001.seg bs=1 seek="$(grep -abo Strategy spool6c/0000000000000001.seg | cut -d: -f1)" \
	conv=notrunc 2>/dev/null
run sls-alert -c stdout.yaml -s spool6c --flush
is 'an alert that was damaged on the disk is not delivered' "$status,$out" '0,'
is 'and said' "$err" 'sls-alert: warning: spool6c: its last alerts were cut off while written, or damaged: 1'

rm spool6c/cursors
run sls-alert -c stdout.yaml -s spool6c --flush
is 'that an output begins anew is said' "$err" 'sls-alert: warning: spool6c: its cursors were missing or damaged: all that it holds is sent again
sls-alert: warning: spool6c: its last alerts were cut off while written, or damaged: 1'

# A spool that is full.
printf 'alert_output: {outputs: [{type: webhook, url: "http://127.0.0.1:1/"}]}\n' >down.yaml
seq -f "{\"n\":%.0f,\"pad\":\"$(head -c 9900 /dev/zero | tr '\0' x)\"}" 2000 >flood
sls-alert -c down.yaml -s full.spool --spool-size 16 --drain 0 <flood 2>full.err &
pid=$!
ok 'that the input waits is said' wait_for grep -q '^sls-alert: warning: full.spool: full, so the input waits$' full.err
kill -TERM "$pid"
wait "$pid"
is 'and not all is delivered' "$?" 75
run sls-alert -c down.yaml -s drop.spool --spool-size 16 --spool-full drop-oldest --drain 0 -v <flood
is 'what is given up is said, and no other is missing' \
	"$(echo "$err" | awk '/webhook: given up, as the spool was full:/ { warned += $NF }
		/webhook: .* waiting/ { print ($9 > 0 && $9 == warned), $7 + $9 }')" '1 2000'

run sls-alert -c down.yaml -s drop.spool --flush --drain 0
is 'nor said again by the next run' "$(echo "$err" | grep 'given up')" ''

# An output that is taken out of the settings holds no room.
cp down.yaml out.yaml
sls-alert -c out.yaml -s out.spool --spool-size 16 -v <flood >out.got 2>out.err &
pid=$!
wait_for grep -q 'full, so the input waits$' out.err
cp stdout.yaml out.yaml
kill -HUP "$pid"
ok 'with the output that held it up the spool is no longer full' wait_for grep -qs 'Alert triggered' out.got || kill "$pid"
wait "$pid"
is 'and the input goes on to its end' "$? $(grep -c ': read 2000 alerts' out.err)" '0 1'

# The end.
refuses 'an input that cannot be read' 74 'standard input: Is a directory' sh -c 'sls-alert -c stdout.yaml -s spool6d <.'
(
	# shellcheck disable=SC2016 # the inner shell's own
	printf '%s\n' "$alert" | sh -c 'echo $$ >drain.pid && exec sls-alert -c down.yaml -s drain.spool --drain 3600 2>drain.err'
	echo "$?" >drain.status
) &
wait_for grep -q 'webhook: retrying' drain.err
kill -TERM "$(cat drain.pid)"
ok 'SIGTERM while it drains ends it at once' wait_for grep -qs 75 drain.status

# A dead-letter file that takes no more holds the input up, and nothing else.
mkdir -m 700 stuck.spool
{ head -c 20971519 /dev/zero && echo; } >stuck.spool/dead.ndjson
printf 'alert_output: {outputs: [{type: file, name: "%s/stuck.json"}]}\n' "$tmp" >stuck.yaml
(
	trap '' XFSZ
	ulimit -f 40960
	exec sls-alert -c stuck.yaml -s stuck.spool <in 2>stuck.err
) &
pid=$!
exec 3>in
printf '{"n":"before"}\njunk\n' >&3
ok 'a dead letter that cannot be kept is told of' wait_for grep -qs 'dead.ndjson: File too large' stuck.err
ok 'an alert before it is delivered' wait_for grep -qs before stuck.json
exec 3>&-
kill -TERM "$pid"
wait "$pid"
is 'and a letter that was lost is not taken for kept' "$?" 75

# A write that fails takes back what it wrote, and nothing of what somebody else has written.
sed "s|stuck.json|shared.json|" stuck.yaml >shared.yaml
(
	trap '' XFSZ
	ulimit -f 40960
	exec sls-alert -c shared.yaml -s shared.spool --drain 0 <in 2>shared.err
) &
pid=$!
exec 3>in
printf '{"n":"before"}\n' >&3
wait_for grep -qs before shared.json
truncate -s 20971519 shared.json
printf '{"n":"behind"}\n' >&3
ok 'a write that a limit cuts short is told of' wait_for grep -qs 'shared.json: File too large' shared.err
is 'and what another has written is still there' "$(wc -c <shared.json)" 20971519
exec 3>&-
wait "$pid"

# SIGHUP, and a file that somebody else rotates.
sls-alert -c json.yaml -s spool7 <in 2>hup.err &
pid=$!
exec 3<>in
printf '{"n":"before"}\n' >&3
wait_for grep -qs before alerts.json
mv alerts.json moved.json
printf '{"n":"after"}\n' >&3
ok 'a file that was moved away is made anew' wait_for grep -qs after alerts.json
rm alerts.json
kill -HUP "$pid"
ok 'SIGHUP reads the settings again' wait_for grep -qs 'json.yaml: read again' hup.err
printf '{"n":"again"}\n' >&3
ok 'and goes on' wait_for grep -qs again alerts.json
sed -i "s|alerts.json|second.json|" json.yaml
echo 'mcs_cert: []' >>json.yaml
kill -HUP "$pid"
ok 'another file' wait_for test -e second.json
printf '{"n":"other"}\n' >&3
ok 'with a warning of what looks like a slip' wait_for grep -qs 'did you mean mcs_certs' hup.err
ok 'gets what comes then' wait_for grep -qs other second.json
echo 'alert_output: {outputs: [{type: stdot}]}' >json.yaml
kill -HUP "$pid"
ok 'wrong settings are told of' wait_for grep -qs '"stdot" is not a type' hup.err
printf '{"n":"still"}\n' >&3
ok 'and the old ones stay' wait_for grep -qs still second.json
exec 3>&-
wait "$pid"
is 'the end of the input does' "$?" 0

# SIGHUP while an output hangs: nobody reads its pipe.
mkfifo pipe
cat >hangs.yaml <<-END
	alert_output:
	  outputs:
	  - {type: stdout}
	  - {type: file, name: "$tmp/beside.json"}
END
sls-alert -c hangs.yaml -s hangs.spool <in >pipe 2>hangs.err &
pid=$!
exec 3>in 4<pipe
cat many >&3
wait_for grep -qs '"n":3000,' beside.json
kill -HUP "$pid"
ok 'an output that hangs keeps the settings as they are, which is said' wait_for grep -qs 'not changed, as an output hangs' hangs.err
printf '{"n":3001}\n' >&3
ok 'and holds back no other' wait_for grep -qs '"n":3001' beside.json
exec 3>&-
is 'it gets what it waits for when somebody reads' "$(jq .n <&4 | awk '$1 != NR { bad++ } END { print bad + 0, NR }')" '0 3001'
exec 4<&-
wait "$pid"
is 'and all are well' "$?" 0

# SIGHUP, and a folder that the sandbox forbids.
if has_landlock; then
	mkdir inside outside
	in_folder() { echo "alert_output: {outputs: [{type: file, enabled: true, name: '$tmp/$1/a.json'}]}" >folder.yaml; }
	in_folder inside
	sls-alert -c folder.yaml -s spool8 <in 2>folder.err &
	pid=$!
	exec 3<>in
	printf '{"n":"first"}\n' >&3
	wait_for grep -qs first inside/a.json
	in_folder outside
	kill -HUP "$pid"
	ok 'a file in a folder that the sandbox forbids is refused' wait_for grep -qs \
		'/outside: no output wrote into this folder at the start, so the sandbox forbids it$' folder.err
	ok 'with what to do' wait_for grep -qs '^sls-alert: hint: .* restart sls-alert$' folder.err
	printf '{"n":"kept"}\n' >&3
	ok 'and the old settings stay' wait_for grep -qs kept inside/a.json
	mkdir inside/below
	in_folder inside/below
	kill -HUP "$pid"
	ok 'a folder below one that is allowed is allowed' wait_for grep -qs 'folder.yaml: read again' folder.err
	exec 3>&-
	wait "$pid"
	is 'and so it ends well' "$?" 0
else
	skip 'a file in a folder that the sandbox forbids is refused' 'this kernel has no Landlock'
fi

# Figures for monitors.
touch .figures.prom.0123456789abcdef.tmp .figures.prom.note.tmp # of a run that was killed, and somebody else's
run sh -c "printf '%s\njunk\n' '$alert' | sls-alert -c stdout.yaml -s spool9 --metrics figures.prom -v"
is 'figures are written' "$(grep -E '_(read_alerts|delivered_alerts|rejected_inputs)_total' figures.prom | grep -v '#')" \
	'sls_alert_read_alerts_total 1
sls_alert_rejected_inputs_total 1
sls_alert_delivered_alerts_total{output="stdout"} 1'
is 'for everybody to read' "$(mode_of figures.prom)" 644
is 'and what a run that was killed left is gone' "$(find . -maxdepth 1 -name '.figures.prom.*')" ./.figures.prom.note.tmp
like '-v tells the same' "$err" '^sls-alert: stdout: 1 delivered, 0 refused, 0 waiting, 0 dropped, 0 damaged$'
mkdir taken
run sls-alert -c stdout.yaml -s spool9 --metrics taken --flush
is 'figures that cannot be written are told, with the reason' "$status $err" '0 sls-alert: warning: figures: taken: not a regular file'
# shellcheck disable=SC2317 # wait_for calls it
reloaded() { [ "$(grep -c 'read again' away.err)" -eq "$1" ]; }
sls-alert -c stdout.yaml -s spool9d --metrics away.prom <in >away.out 2>away.err &
pid=$!
exec 3<>in
wait_for test -e away.prom
rm away.prom
mkdir away.prom
for i in 1 2 3 4; do # at each, the figures are written
	[ "$i" -lt 4 ] || rmdir away.prom
	: >away.out
	printf '%s\n' "$alert" >&3
	wait_for grep -qs Tester away.out
	kill -HUP "$pid"
	wait_for reloaded "$i"
done
exec 3>&-
wait "$pid"
is 'and once, until they can be' "$(grep figures away.err)" 'sls-alert: warning: figures: away.prom: not a regular file
sls-alert: warning: figures: away.prom: works again'
sls-alert -c stdout.yaml -s spool9a -v --metrics again.prom <in >again.out 2>again.err &
pid=$!
exec 3<>in
printf '%s\n' "$alert" >&3
wait_for grep -qs Tester again.out
kill -HUP "$pid"
wait_for grep -qs 'read again' again.err
exec 3>&-
wait "$pid"
is 'SIGHUP sets no counter back' "$(grep -E '^sls_alert_(delivered_(alerts|bytes)|attempts)_total' again.prom | cut -d' ' -f2 | paste -sd' ')" \
	'1 30 1'
like 'nor -v' "$(cat again.err)" '^sls-alert: stdout: 1 delivered, '
ok 'nor forgets when something was last delivered' grep -Eq '^sls_alert_last_delivery_timestamp_seconds\{.*\} [1-9]' again.prom
cat >unfit.yaml <<-'END'
	alert_output: {outputs: [{type: stdout, template: '{{range .a}}{{range $.a}}{{range $.a}}x{{end}}{{end}}{{end}}'}]}
END
sls-alert -c unfit.yaml -s spool9c --metrics letter.prom <in >/dev/null 2>letter.err &
pid=$!
exec 3<>in
wait_for test -e letter.prom
rm spool9c/dead.ndjson
mkdir spool9c/dead.ndjson
printf '{"a":[%s]}\n' "$(seq -s , 200)" >&3
wait_for grep -qs 'dead.ndjson: not a regular file' letter.err
kill -HUP "$pid"
wait_for grep -qs 'read again' letter.err
rmdir spool9c/dead.ndjson
wait_for grep -qs 'works again' letter.err
ok 'a letter that is kept later is in the figures then' wait_for grep -q '^sls_alert_refused.* 1$' letter.prom
printf '{"a":[%s]}\n' "$(seq -s , 200)" >&3
wait_for grep -q '^sls_alert_refused.* 2$' letter.prom
is 'and that it works again is said once' "$(grep -c 'works again' letter.err)" 1
exec 3>&-
wait "$pid"
is 'an alert that is refused again after SIGHUP, as its letter could not be kept, is counted once' \
	"$(wc -l <spool9c/dead.ndjson) $(grep '^sls_alert_refused' letter.prom)" '2 sls_alert_refused_alerts_total{output="stdout"} 2'

# What comes within a minute of a warning waits for its end.
sls-alert -c stdout.yaml -s spool9e --metrics minute.prom <in >minute.out 2>minute.err &
pid=$!
exec 3<>in
printf '%s\njunk\n' "$alert" >&3
wait_for grep -qs rejected minute.err
wait_for grep -qs Tester minute.out
for i in 2 3; do
	echo junk >&3
	wait_for grep -q "rejected_inputs_total $i" minute.prom
done
exec 3>&-
wait "$pid"
is 'warnings are a minute apart' "$(sed 's/.*: //' minute.err | paste -sd' ')" '1 2'
is 'and the last delivery was before the last figures' \
	"$(awk '/^sls_alert_updated/ { at = $2 } /^sls_alert_last_delivery/ { print ($2 > 0 && $2 < at) }' minute.prom)" 1
cat >figures.yaml <<-END
	alert_output:
	  outputs:
	  - {type: file, name: "$tmp/figures.json"}
	  - {type: webhook, url: "http://127.0.0.1:$(free_port)"}
	  - {type: webhook, url: "http://127.0.0.1:$(free_port)", enabled: false}
END
printf '%s\njunk\n' "$alert" | sls-alert -c figures.yaml -s spool9b --metrics all.prom --drain 0 2>/dev/null
if command -v promtool >/dev/null; then
	run promtool check metrics <all.prom
	is 'promtool finds nothing wrong with them' "$status,$out,$err" '0,,'
	sed 's/^\(sls_alert_queued_bytes\){[^}]*}/\1/; s/_total/_count/' all.prom >wrong.prom
	run promtool check metrics <wrong.prom
	is 'and would' "$([ "$status" -ne 0 ]; echo $?)" 0
else
	skip 'promtool finds nothing wrong with them' 'promtool (Debian: prometheus) is not there'
fi

# Encryption.
sav-keygen -o k
printf '%s\n' "$alert" | sls-alert -c stdout.yaml -s secret --spool-key k.key --drain 0 >&- 2>/dev/null
ok 'an encrypted spool shows nothing' sh -c '! grep -rq Tester secret'
refuses 'without its key it is refused' 78 'encrypted, and no key' sls-alert -c stdout.yaml -s secret --flush
run sls-alert -c stdout.yaml -s secret --spool-key k.key --flush
is 'with it, it is delivered' "$status,$out" '0,Alert triggered: Alert Tester'

# --check.
run sls-alert -c stdout.yaml --check
is '--check: a good file' "$status,$err" '0,'
like 'it says so' "$out" '^stdout.yaml: good$'
evil=$(printf 'evil\033[2J')
cp stdout.yaml "$evil"
like 'and no terminal obeys a name' "$(sls-alert -c "$evil" --check)" '^evil.x1b\[2J: good$'
printf 'alert_output:\n  outputs:\n  - type: stdot\n' >bad.yaml
refuses '--check: a bad file, with line, column and hint' 78 'bad.yaml:3:11: "stdot" is not a type of output' \
	sls-alert -c bad.yaml --check
like 'the hint' "$err" 'hint: did you mean stdout\?'
run sls-alert -c bad.yaml --check --json
is '--check --json: a bad file' "$status,$(jq -r '.status, .error, .hint' out | paste -sd'|')" \
	'78,bad|bad.yaml:3:11: "stdot" is not a type of output|did you mean stdout?'
run sls-alert -c stdout.yaml --check --json
is '--check --json: a good one' "$(jq -c '[.status, .outputs[].id, .error, .warnings]' out)" '["good","stdout",null,[]]'
for place in "$tmp:not a regular file" "$tmp/none/a.json:No such file"; do
	printf 'alert_output:\n  outputs:\n  - {type: file, name: "%s"}\n' "${place%:*}" >place.yaml
	run sls-alert -c place.yaml --check
	like "--check: an output to a file: ${place##*:}" "$status $err" "^73 sls-alert: file: ${place%:*}: ${place##*:}"
done
refuses 'no file' 66 'none.yaml: No such file' sls-alert -c none.yaml --check
refuses 'and says what to do' 66 'hint: -c FILE names the configuration' sls-alert -c none.yaml --check
refuses 'a folder for a file' 66 '/: not a regular file but a folder' sls-alert -c / --check
mkfifo pipe.yaml
refuses 'a fifo for a file, without waiting' 66 'not a regular file' sls-alert -c pipe.yaml --check
head -c 2000000 /dev/zero | tr '\0' '#' >big.yaml
refuses 'a huge file' 65 'big.yaml: more than' sls-alert -c big.yaml --check
printf 'alert_outputs: {}\nmcs: {url: h, token: t}\n' >slip.yaml
run sls-alert -c slip.yaml --check
like 'a slip at the top of the file is warned of' "$out" 'slip.yaml:1:1: "alert_outputs" is not looked at: did you mean alert_output'

# --test-alert.
run sls-alert -c stdout.yaml --test-alert
is '--test-alert goes through the outputs' "$status,$(echo "$out" | sed 's/ in [0-9]* ms/ in N ms/')" \
	'0,Alert triggered: Alert Tester
stdout: delivered in N ms'
run sls-alert -c stdout.yaml -test-alert
is 'as the sensor writes it, too' "$status" 0

refuses 'two modes at once' 64 'give one of' sls-alert --check --test-alert
refuses '--json alone' 64 'give one of' sls-alert --json
refuses 'a drain that is no number' 64 '--drain x: not a number from 0 to 86400' sls-alert --drain x
refuses 'a policy that is none' 64 '--spool-full maybe: neither wait nor drop-oldest' sls-alert -c stdout.yaml --spool-full maybe
refuses 'a spool that is too small' 64 '--spool-size 1: not a number from 16 to 1048576' sls-alert -c stdout.yaml --spool-size 1
refuses 'an unknown option' 64 '--what: no such option' sls-alert --what
refuses 'a left-over argument' 64 'x: one operand too many' sls-alert x
refuses 'a spool whose parent is not there' 73 'none/spool' sh -c 'sls-alert -c stdout.yaml -s none/spool </dev/null'
refuses 'a file output that cannot be made' 73 'file: /none/a.json: No such file' sh -c \
	'printf "alert_output: {outputs: [{type: file, name: /none/a.json}]}\n" >no.yaml; sls-alert -c no.yaml -s spool8 </dev/null'
run sls-alert --help
is '--help ends 0' "$status" 0
like '--version' "$(sls-alert --version)" '^sls-alert [0-9]+\.[0-9]+\.[0-9]+$'
tap_done
