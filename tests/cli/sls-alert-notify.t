#!/bin/sh
# What sls-alert tells systemd (Type=notify), and when.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit
plain_folder # names of sockets are short

# systemd's side: each message a line of `told`, the time in it checked. What says for the first time that it is ready gets SIGHUP at once.
cat >manager.py <<-'END'
	import os, re, signal, socket, struct, sys, time
	bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	bound.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
	bound.bind(sys.argv[1])
	known = set()
	while True:
	    message, ancillary, _, _ = bound.recvmsg(8192, 1024)
	    pid = struct.unpack("3i", ancillary[0][2])[0]
	    if message.startswith(b"READY=1") and pid not in known:
	        known.add(pid)
	        os.kill(pid, signal.SIGHUP)
	    now = time.monotonic_ns() // 1000
	    message = re.sub(rb"(?<=_USEC=)\d+", lambda at: b"now" if now - 60_000_000 < int(at[0]) <= now else at[0], message)
	    with open("told", "ab") as file:
	        file.write(b"%d " % pid + message.replace(b"\n", b" ") + b"\n")
END
server "$python3" manager.py "$plain/notify"
wait_for [ -S "$plain/notify" ]
: >told
told() { grep "^$pid " told | cut -d' ' -f2-; }
# shellcheck disable=SC2317 # wait_for calls it
has_told() { [ "$(told | wc -l)" -ge "$1" ]; }
NOTIFY_SOCKET=$plain/notify
export NOTIFY_SOCKET

printf 'alert_output: {outputs: [{type: stdout}, {type: file, name: "%s/file"}]}\n' "$tmp" >c.yaml
echo '{"n":1}' >log
sls-alert -c c.yaml -s spool --follow log >out 2>err &
pid=$!
wait_for has_told 3
is 'ready; a SIGHUP from then on has the settings read again' "$(told)" 'READY=1 STATUS=outputs: 2
RELOADING=1 MONOTONIC_USEC=now STATUS=reading the settings again
READY=1 STATUS=outputs: 2'
echo '{"n":2}' >>log
ok 'alerts are taken in' wait_for grep -qs '"n":2' file
echo 'alert_output: no' >c.yaml
kill -HUP "$pid"
wait_for has_told 5
is 'when settings are refused, ready as before, and why' "$(told | tail -n 2)" \
	'RELOADING=1 MONOTONIC_USEC=now STATUS=reading the settings again
READY=1 STATUS=outputs: 2; settings as before: c.yaml:1:15: alert_output is a mapping: outputs, template'
kill -TERM "$pid"
wait "$pid"
ended=$?
wait_for has_told 6
is 'stopping' "$ended $(told | tail -n +6)" '0 STOPPING=1 STATUS=delivering the rest'


# A start that fails is none.
never() { # WHY STATUS ARGUMENT...: with the settings never.yaml, beside the process $pid
	why=$1 wanted=$2
	shift 2
	: >told
	run sls-alert -c never.yaml "$@" </dev/null
	# What was told before this is there when this is.
	"$python3" -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"seen", sys.argv[1])' "$NOTIFY_SOCKET"
	wait_for grep -q ' seen$' told
	is "never ready: $why" "$status $(grep -v -e "^$pid " -e ' seen$' told)" "$wanted "
}
mv c.yaml never.yaml
never 'wrong settings' 78 -s spool
printf 'alert_output: {outputs: [{type: file, name: "%s/none/file"}]}\n' "$tmp" >never.yaml
never 'an output that cannot be opened' 73 -s spool
printf 'alert_output: {outputs: [{type: stdout}]}\n' >never.yaml
mkfifo in
sls-alert -c never.yaml -s spool <in >/dev/null 2>&1 &
pid=$!
exec 3>in
wait_for has_told 3
never 'a spool that another process has' 75 -s spool
exec 3>&-
wait "$pid"
never 'only a look at the settings' 0 --check
never 'a test alert' 0 --test-alert

# A socket that is none, and one that is.
run env NOTIFY_SOCKET="$plain/nobody" sls-alert -c never.yaml -s spool <log
is 'nobody listens: that is said, and the alerts go on' "$status,$out,$err" "0,{\"n\":1}
{\"n\":2},sls-alert: warning: NOTIFY_SOCKET: $plain/nobody: No such file or directory"
# shellcheck disable=SC2016 # not the shell's variable
printf 'alert_output: {outputs: [{type: webhook, url: "http://127.0.0.1", api_key: "${NOTIFY_SOCKET}"}]}\n' >never.yaml
never 'nothing inherits the name of the socket' 78 -s spool
like '... as its value is gone' "$err" 'the environment has no NOTIFY_SOCKET'

# SIGHUP in the first moments: in a call before the settings are read.
unset NOTIFY_SOCKET
echo 'alert_output: {outputs: [{type: stdout}]}' >early.yaml
strace -f -qq -o trace -e trace=eventfd2 -e inject=eventfd2:signal=HUP:when=1 \
	sls-alert -c early.yaml -s early.spool </dev/null >/dev/null 2>err
ok 'a SIGHUP before that is not lost, and ends nothing' grep -qx 'sls-alert: early.yaml: read again' err
tap_done
