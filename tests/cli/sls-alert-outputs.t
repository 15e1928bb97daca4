#!/bin/sh
# Syslog in its five forms, webhook, and answers of a server that is not well.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/peers/peers.sh
. "$root/tests/peers/peers.sh"
cd "$tmp" || exit

alert='{"StrategyName":"Alert Tester","Priority":3}'
unset HOOK_TOKEN
sh "$root/tests/peers/ca.sh" "$tmp/ca"
plain_folder # sockets have short names

# listen KIND: starts the service; $address is where it is
listen() {
	case $1 in
	unix-*)
		address=unix://$plain/$1
		server python3 "$root/tests/peers/listen.py" "$1" "$plain/$1" "$tmp/$1.out"
		wait_for test -S "$plain/$1"
		;;
	*)
		server python3 "$root/tests/peers/listen.py" "$1" "$tmp/$1.port" "$tmp/$1.out" "$tmp/ca/good2.pem" "$tmp/ca/good2.key"
		wait_for test -s "$1.port"
		address=$1://127.0.0.1:$(cat "$1.port")
		;;
	esac
}

# syslog KEYS: a configuration of one syslog output
syslog() { printf 'alert_output:\n  outputs:\n  - {type: syslog, %s}\n' "$1" >syslog.yaml; }

for kind in unix-dgram unix-stream udp tcp tls; do
	listen "$kind"
	syslog "address: '$address', facility: local4, severity: crit, tag: sls, ca_file: '$tmp/ca/ca2.crt'"
	run sh -c "printf '%s\n{\"n\":2}\n' '$alert' | sls-alert -c syslog.yaml -s '$kind.spool'"
	is "$kind: delivered" "$status,$err" '0,'
	wait_for grep -qs '"n":2' "$kind.out"
	like "$kind: RFC 5424" "$(head -n 1 "$kind.out")" \
		'^<162>1 20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z [!-~]+ sls [0-9]+ alert - \{"StrategyName":"Alert Tester","Priority":3\}$'
	is "$kind: a message an alert" "$(wc -l <"$kind.out")" 2
done
seq -f '{"n":%.0f}' 2000 >many
syslog "address: 'tcp://127.0.0.1:$(cat tcp.port)', template: 'n {{.n}}{{\"\\n\"}}second line'"
run sh -c 'sls-alert -c syslog.yaml -s tcp.spool <many'
wait_for grep -qs 'n 2000 ' tcp.out
is 'many, in order, by a template whose line breaks become blanks' "$status,$(grep -c ' alert - n [0-9]* second line$' tcp.out)" 0,2000

syslog "address: 'tls://127.0.0.1:$(cat tls.port)', ca_file: '$tmp/ca/ca1.crt'"
run sls-alert -c syslog.yaml --test-alert
is 'TLS with the wrong CA is refused' "$status" 69
like 'and says why' "$out" 'syslog: not delivered: .*certificate'

# A service that wants to know its clients
peer_ca clients
peer_certificate clients sensor DNS:sensor.test
peer_certificate clients other DNS:other.test
chmod 600 sensor.key other.key
server python3 "$root/tests/peers/listen.py" tls "$tmp/known.port" "$tmp/known.out" "$tmp/ca/good2.pem" "$tmp/ca/good2.key" "$tmp/clients.pem"
wait_for test -s known.port
known="address: 'tls://127.0.0.1:$(cat known.port)', ca_file: '$tmp/ca/ca2.crt'"
syslog "$known"
run sls-alert -c syslog.yaml --test-alert
like 'TLS without a certificate for it: refused' "$status $out" '^69 syslog: not delivered: '
syslog "$known, cert_file: '$tmp/sensor.pem', key_file: '$tmp/sensor.key'"
run sls-alert -c syslog.yaml --test-alert
like 'and delivered with it' "$status $out" '^0 syslog: delivered'
wait_for grep -qs ' alert - ' known.out
is 'once' "$(wc -l <known.out)" 1
syslog "$known, cert_file: '$tmp/sensor.pem', key_file: '$tmp/other.key'"
run sls-alert -c syslog.yaml --test-alert
like 'a key that is not its own: said' "$status $out$err" '^(69|78) .*(key|certificate)'
syslog "address: 'tcp://127.0.0.1:$(free_port)'"
run sls-alert -c syslog.yaml --test-alert
like 'nobody there' "$status $out" "^69 syslog: not delivered: .*(Couldn't connect|refused)"
syslog "address: '$plain/none'"
run sls-alert -c syslog.yaml --test-alert
like 'no socket' "$status $out" '^69 syslog: not delivered: No such file'

# An output that hangs while the program ends, and goes on before the process is gone
cat >hung.py <<-'END'
	import os, socket, sys, time
	path, go, out = sys.argv[1:]
	service = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	service.bind(path + ".new")
	client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	client.setblocking(False)
	client.connect(path + ".new")
	try:
	    while True:
	        client.send(b"full")
	except BlockingIOError:
	    os.rename(path + ".new", path)
	while not os.path.exists(go):
	    time.sleep(0.1)
	with open(out, "ab", buffering=0) as file:
	    while True:
	        file.write(service.recv(65536) + b"\n")
END
server python3 hung.py "$plain/hung" "$tmp/go" "$tmp/hung.out"
wait_for test -S "$plain/hung"
syslog "address: 'unix://$plain/hung', tag: sls"
printf '{"n":1}\n{"n":2}\n{"n":3}\n' | env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /dev/null -e trace=exit_group \
	-e inject=exit_group:delay_enter=4000000 "$bin/sls-alert" -c syslog.yaml -s hung.spool --drain 1 2>hung.err &
hung=$!
wait_for grep -qs 'not all are delivered' hung.err
sleep 1
touch go
wait $hung
is 'an output that hangs at the end finds all it uses' "$?,$(grep -cv 'not all are delivered' hung.err),$(grep -a 'n' hung.out |
	grep -acv '^<28>1 [!-~]* [!-~]* sls [0-9]* alert - {"n":[123]}$')" 75,0,0
syslog "address: 'udp://127.0.0.1:$(cat udp.port)'"
{ printf '{"a":"' && head -c 70000 /dev/zero | tr '\0' x && printf '"}\n%s\n' "$alert"; } >long
run sh -c 'sls-alert -c syslog.yaml -s udp.spool <long'
like 'too long for a datagram: dead letter, and on with the next' \
	"$status,$(jq -r '"\(.output) \(.reason)"' udp.spool/dead.ndjson)" '0,syslog longer than a datagram \([0-9]+ bytes\)'
like 'the next one arrived' "$(tail -n 1 udp.out)" 'Alert Tester'

# A webhook, and a server that answers as it is told.
mkdir sink
server python3 "$root/tests/peers/sink.py" "$tmp/sink.port" "$tmp/sink"
wait_for test -s sink.port
url=http://127.0.0.1:$(cat sink.port)
cat >hook.yaml <<-END
	alert_output:
	  outputs:
	  - type: webhook
	    url: $url/hook/?sig=1
	    headers: {X-Api: "\${HOOK_TOKEN}", Authorization: "Basic abc"}
END
export HOOK_TOKEN=seven
run sh -c "printf '%s\n' '$alert' | sls-alert -c hook.yaml -s hook.spool"
is 'webhook: delivered' "$status,$err,$(cat sink/accepted)" "0,,$alert"
like 'webhook: url, headers and type are its own' "$(cat sink/requests)" \
	' 200 [0-9]+ /hook/\?sig=1 [0-9a-f]{32}-[0-9]+-1 Basic_abc application/x-ndjson$'
refuses 'a variable that is not set' 78 'hook.yaml:5:[0-9]+: the environment has no HOOK_TOKEN' \
	env -u HOOK_TOKEN sls-alert -c hook.yaml --check

# told SENTENCE SCRIPT: 200 numbered alerts against these answers; all arrive, those of one batch under one key
told() {
	: >sink/accepted
	: >sink/requests
	echo "$2" | tr ' _' '\n ' >sink/script
	run sh -c 'head -n 200 many | sls-alert -c hook.yaml -s told.spool --drain 30'
	is "$1: all delivered, none twice" "$status,$(sort -u sink/accepted | wc -l),$(wc -l <sink/accepted)" 0,200,200
	is "$1: the same Idempotency-Key on every try" "$(awk '{ print $5 }' sink/requests | sort | uniq -c | wc -l)" 1
}
told 'no answer' 'close close'
told '503 and 429' '503 429 500'
told '503 with Retry-After' '503_1'
is 'Retry-After is kept to' "$(awk 'NR == 1 { t = $1 } NR == 2 { print ($1 - t >= 1) }' sink/requests)" 1

# poison: the one bad alert is found, the others arrive.
: >sink/accepted
: >sink/script
echo 'refuse "n":77} 422' >sink/rule
run sh -c 'head -n 200 many | sls-alert -c hook.yaml -s poison.spool'
is 'poison: the rest arrives' "$status,$(sort -u sink/accepted | wc -l),$(grep -c '"n":77}' sink/accepted)" 0,199,0
is 'poison: the one is a dead letter' "$(jq -c '[.alert, .status, .output]' poison.spool/dead.ndjson)" \
	'[{"n":77},422,"webhook"]'
like 'poison: and that is said' "$err" 'webhook: refused for good, see dead.ndjson: the server answered 422: as told'
: >sink/rule
jq -c .alert poison.spool/dead.ndjson | sls-alert -c hook.yaml -s poison.spool
is 'poison: it can be sent again' "$(tail -n 1 sink/accepted)" '{"n":77}'
: >sink/accepted
mkfifo in
echo 'refuse bad 422' >sink/rule
{
	seq -f '{"bad":%.0f}' 6
	head -n 100 many
} >bad
run sh -c 'sls-alert -c hook.yaml -s bad.spool --drain 20 <bad'
is 'poison: many in a row do not hold up the rest' \
	"$status,$(sort -u sink/accepted | wc -l),$(jq -c .alert.bad bad.spool/dead.ndjson | sort | tr '\n' ' ')" '0,100,1 2 3 4 5 6 '
run sh -c '{ head -n 5 bad; sleep 1; tail -n 1 bad; } | sls-alert -c hook.yaml -s bad.spool --drain 30'
is 'poison: nor those that come later' "$status,$(tail -n 1 sink/accepted),$(wc -l <bad.spool/dead.ndjson)" '0,{"n":100},11'
: >sink/accepted
run sh -c 'while read -r one; do echo "$one"; sleep 0.02; done <bad | sls-alert -c hook.yaml -s single.spool --drain 60'
is 'poison: one by one, they do not either' "$status,$(wc -l <sink/accepted),$(wc -l <single.spool/dead.ndjson)" 0,100,6
: >sink/accepted
{
	seq -f '{"bad":%.0f}' 16384
	seq -f '{"n":%.0f}' 200000
} >wall # all that an output has at hand is bad
sed "s|$url|http://127.0.0.1:$(free_port)|" hook.yaml >away.yaml
run sh -c 'sls-alert -c away.yaml -s wall.spool --drain 0 <wall'
for turn in first next; do
	echo 'refuse bad 422' >sink/rule
	"$bin/sls-alert" -c hook.yaml -s wall.spool <in 2>"$turn.err" &
	wall=$!
	exec 3>in
	wait_for test -s sink/accepted
	ok "poison: however many are in a row, what is behind them gets through ($turn start)" wait_for grep -qs 'webhook: delivering' $turn.err
	wait_for eval "[ \$(grep -c 'webhook: held' $turn.err) -ge 2 ]"
	echo 'refuse : 422' >sink/rule # so that nothing is cut off that was accepted
	before=$(wc -l <sink/requests)
	wait_for eval "[ \$(wc -l <sink/requests) -gt $before ]"
	exec 3>&-
	kill -TERM $wall && kill -TERM $wall
	wait $wall
done
ok 'poison: of that only short runs are sent twice' test "$(sort sink/accepted | uniq -d | wc -l)" -lt 100
ok 'poison: and few of them are given up meanwhile' test "$(wc -l <wall.spool/dead.ndjson)" -lt 200
echo 'refuse bad 422' >sink/rule

begin_without_letters() { # NAME: sets $pid, which reads descriptor 3, has delivered one alert, and can keep no dead letter
	: >sink/accepted
	"$bin/sls-alert" -c hook.yaml -s "$1.spool" --drain 20 <in 2>"$1.err" &
	pid=$!
	exec 3>in
	echo '{"n":0}' >&3
	wait_for grep -qs '"n":0}' sink/accepted
	rm "$1.spool/dead.ndjson"
	mkdir "$1.spool/dead.ndjson"
}

# A dead letter that cannot be kept is tried again until it is.
begin_without_letters letter
echo '{"bad":1}' >&3
ok 'a dead letter that cannot be kept: said' wait_for grep -qs 'letter.spool/dead.ndjson: not a regular file' letter.err
like 'with what to do' "$(cat letter.err)" 'hint: move it away'
echo '{"n":2}' >&3
ok 'what comes behind it arrives' wait_for grep -qs '"n":2}' sink/accepted
sleep 2
is 'it is said once' "$(grep -c 'letter.spool/dead.ndjson: ' letter.err)" 1
rmdir letter.spool/dead.ndjson
ok 'it is kept as soon as it can be' wait_for grep -qs '"bad":1}' letter.spool/dead.ndjson
ok 'and that is said' wait_for grep -qs 'dead.ndjson: works again' letter.err
exec 3>&-
wait "$pid"
is 'then nothing is left' "$?,$(wc -l <letter.spool/dead.ndjson),$(wc -l <sink/accepted)" 0,1,2

# Settings read again meanwhile forget nothing of what was delivered.
begin_without_letters again
for n in $(seq 20); do printf '{"n":%d}\n{"bad":%d}\n' "$n" "$n"; done >&3
wait_for eval "[ \$(wc -l <sink/accepted) -ge 21 ]"
kill -HUP "$pid"
wait_for grep -qs 'hook.yaml: read again' again.err
: >sink/rule
rmdir again.spool/dead.ndjson
exec 3>&-
wait "$pid"
is 'what was delivered before settings are read again is not delivered again' \
	"$?,$(cat sink/accepted again.spool/dead.ndjson | wc -l),$(sort sink/accepted | uniq -d | wc -l)" 0,41,0

: >sink/accepted
: >sink/requests
echo 'limit 500' >sink/rule
run sh -c 'head -n 200 many | sls-alert -c hook.yaml -s limit.spool'
is '413: smaller batches, nothing lost or buried' \
	"$status,$(sort -u sink/accepted | wc -l),$(wc -l <sink/accepted),$(test -s limit.spool/dead.ndjson; echo $?)" 0,200,200,1
: >sink/rule

# hold: nothing of the alerts' own.
: >sink/accepted
yes 401 | head -n 100 >sink/script
run sh -c 'head -n 20 many | sls-alert -c hook.yaml -s hold.spool --drain 3'
is '401: held, kept for the next run' "$status,$(wc -l <sink/accepted)" 75,0
like '401: said at once' "$err" 'webhook: held: the server answered 401: as told'
: >sink/script
run sls-alert -c hook.yaml -s hold.spool --flush
is '401: then delivered' "$status,$(wc -l <sink/accepted)" 0,20
yes 400 | head -n 100 >sink/script
run sh -c 'head -n 200 many | sls-alert -c hook.yaml -s broken.spool --drain 3'
is 'a server that refuses everything buries only a few' "$status,$(wc -l <broken.spool/dead.ndjson)" 75,4
yes 400 | head -n 100 >sink/script
"$bin/sls-alert" -c hook.yaml -s hup.spool --drain 0 <in 2>hup.err &
broken=$!
exec 3>in
head -n 20 many >&3
wait_for grep -qs 'webhook: held' hup.err
for turn in 1 2; do
	kill -HUP $broken
	wait_for eval "[ \$(grep -c 'webhook: held' hup.err) -gt $turn ]"
done
is 'nor does it bury more when settings are read again' "$(wc -l <hup.spool/dead.ndjson)" 4
: >sink/script
: >sink/accepted
kill -HUP $broken
ok 'all is delivered once it is well' wait_for eval "[ \$(wc -l <sink/accepted) -eq 16 ]"
exec 3>&-
wait $broken
printf '503\n' >sink/script
run sls-alert -c hook.yaml --test-alert
is 'a test alert: what a server answers is not taken for no answer' "$status,$out" \
	'69,webhook: not delivered: the server answered 503: as told'

# One dead output holds back no other; what it missed it gets later.
cat >two.yaml <<-END
	alert_output:
	  outputs:
	  - {type: webhook, url: "http://127.0.0.1:$(free_port)"}
	  - {type: file, name: "$tmp/two.json"}
END
run sh -c 'sls-alert -c two.yaml -s two.spool --drain 3 <many'
is 'one dead output holds back no other' "$status,$(wc -l <two.json)" 75,2000
: >sink/accepted
: >sink/script
sed -i "s|http://127.0.0.1:[0-9]*|$url|" two.yaml
run sls-alert -c two.yaml -s two.spool --flush
is 'it gets what it missed, the other nothing twice' "$status,$(sort -u sink/accepted | wc -l),$(wc -l <two.json)" 0,2000,2000
tap_done
