#!/bin/sh
# A drop that fails in every way: the right status, in bounded time, and no report delivered twice.
# shellcheck source=tests/tap.sh disable=SC2317 # functions that `run` and `refuses` call
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/peers/peers.sh
. "$root/tests/peers/peers.sh"
cd "$tmp" || exit

sender
head -c 60000 /dev/urandom >report
log() { sed -E 's/^.{26}: //' err; }
requests() { wc -l <drop/requests; }
asked() { [ "$(requests)" -gt "$before" ]; }
peer_faulty drop
drop=http://127.0.0.1:$port
memory_of() { # the most KiB that the command held
	/usr/bin/env python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL, check=False)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}
send() { sav-send --connect-timeout 30 --max-time 30 "$@" report; }

refuses 'cut before the body' 75 'no route worked' send --url "$drop/cut-before"
refuses 'cut in the body' 75 'no route worked' send --url "$drop/cut-in"
refuses 'cut behind the body' 75 'no route worked' send --url "$drop/cut-after" --name cut-after
ok 'though that report has arrived' cmp -s report drop/cut-after
run send --url "$drop/cut-after" --name cut-after
is 'so that the same name once more is a delivery' "$status$err" 0
refuses 'cut in the answer' 75 'no route worked' send --url "$drop/cut-answer" --name cut-answer
ok 'and that report has arrived, too' cmp -s report drop/cut-answer
refuses 'cut in a page' 75 'no route worked' send --url "$drop/cut-page"

# Two ways to the one drop, which cuts on the first
rm -f drop/cut-*
peer_tinyproxy proxy
for fault in cut-after cut-answer; do
	before=$(requests)
	run env http_proxy="http://127.0.0.1:$proxy_port" sav-send -v --max-time 5 --url "$drop/$fault" report
	is "$fault on one route, then the next" "$status,$(log | grep -c '^failed: ')" 0,1
	is 'under the same name' "$(tail -n +"$((before + 1))" drop/requests | cut -d" " -f2 | sort -u | wc -l),$(requests)" "1,$((before + 2))"
done
is 'so that each arrived once' "$(find drop -type f ! -name requests | wc -l)" 2
is 'and the route that brought the answer is remembered' "$(cat "$SAV_HOME/var/feedback/route")" 'direct direct'

fault() { # SENTENCE MESSAGE FAULT: refused for that, and not because time ran out
	refuses "$1" 75 "$2" send --url "$drop/$3"
	is 'before time runs out' "$(grep -c 'timed out' err)" 0
}
fault 'an endless page' 'response body over the limit' endless
fault 'a header of 10 MB' 'no route worked' header
fault '10 MB of headers' 'response headers over the limit' headers
fault 'interim answers without end' 'no route worked' interim
fault 'bytes that are no HTTP' 'no route worked' garbage
is 'of which none reaches the terminal' "$(LC_ALL=C grep -c '[^ -~]' err)" 0
refuses 'a drop that says nothing' 75 'timed out' sav-send --max-time 1 --url "$drop/silent" report
refuses 'a drop that says a little for ever' 75 'timed out' sav-send --max-time 1 --url "$drop/drip" report
ok 'the largest of them held no memory' [ "$(memory_of sav-send --url "$drop/endless" report)" -lt 60000 ]

# What speaks with the drop is a process of its own
sav-send --max-time 25 --url "$drop/silent" report 2>err &
sender=$!
speaker() { speaker=$(pgrep -P "$sender"); }
ok 'a delivery has a process for the network' wait_for speaker
ignores() { grep -q '^SigIgn:.*[13579bdf]...$' "/proc/$speaker/status"; } # bit 12 is SIGPIPE
ok 'which no broken connection ends, whatever libcurl writes with' wait_for ignores
kill -9 "$speaker"
wait "$sender"
is 'which ends before its time: the report may have arrived or not' "$?,$(cat err)" \
	'75,sav-send: the process for the network: ended by signal 9'
sav-send --max-time 25 --url "$drop/silent" report 2>err &
sender=$!
wait_for speaker
kill -9 "$sender"
gone() { ! kill -0 "$speaker" 2>kill.err; }
ok 'and nobody speaks for a sender that is gone' wait_for gone

# Turned off while the report is still in the making
mkfifo slow
for url in "$drop/cut-after" "file://$(printf %s "$tmp/drop" | sed 's/ /%20/g')"; do
	before=$(requests)
	sav-send -v --url "$url" --name late <slow 2>err &
	sender=$!
	exec 8>slow
	wait_for grep -q Preparing err # the settings have been read
	configure 'DisableFeedback: true'
	cat report >&8
	exec 8>&-
	wait "$sender"
	is "off before the report was there: it is not sent ($url)" \
		"$?,$(log | tail -n 1 | cut -d '(' -f 1),$(requests),$([ -e drop/late ] || echo none)" \
		"77,Failed: feedback is off: DisableFeedback is true ,$before,none"
	rm "$SAV_HOME/etc/savd.yaml"
done

# Turned off while the first route hangs: the next one is not tried
for off in 'DisableFeedback: true' 'DisableFeedback: what'; do
	before=$(requests)
	http_proxy=http://127.0.0.1:$proxy_port sav-send --max-time 10 --url "$drop/silent" report 2>err &
	sender=$!
	wait_for asked
	configure "$off"
	wait "$sender"
	like "$off: it ends and says so" "$?,$(cat err)" \
		'^(77,sav-send: feedback is off: DisableFeedback is true|78,sav-send: .*/savd.yaml:1:)'
	rm "$SAV_HOME/etc/savd.yaml"
	is 'without another word to the drop' "$(requests)" $((before + 1))
done

# Asked to come back later
retry_at() { echo "$(($(cat "$SAV_HOME/var/feedback/retry-at") - $(date +%s)))"; }
refuses '429 with Retry-After' 75 'answered 429, and to come back in 7200 s' send --url "$drop/later"
like 'the time is kept for the wrapper' "$(retry_at)" '^(7200|719.)$'
is 'for it alone' "$(mode_of "$SAV_HOME/var/feedback/retry-at")" 600
refuses '503 with a date' 75 'answered 503, and to come back in 3[56]' send --url "$drop/later-date"
like 'is kept, too' "$(retry_at)" '^3[56]..$'
refuses 'a time beyond all reason' 75 'answered 503' send --url "$drop/later-never"
like 'is cut to eight days' "$(retry_at)" '^6911..|691200$'
before=$(cat "$SAV_HOME/var/feedback/retry-at")
refuses 'a time that is none' 75 'no route worked \(noproxy: answered 503\)' send --url "$drop/later-garbage"
is 'changes nothing' "$(cat "$SAV_HOME/var/feedback/retry-at")" "$before"
before=$(requests)
run env http_proxy="http://127.0.0.1:$proxy_port" sav-send -v --url "$drop/later" report
is 'other routes are not tried then' "$status,$(($(requests) - before)),$(log | grep -c trying)" 75,1,1
is 'and the log ends as ever' "$(log | tail -n 1)" 'Failed: no route worked'
run send --url "$drop/cut-after" --name requests # there already
is 'after a delivery that time is forgotten' "$status,$(ls "$SAV_HOME/var/feedback")" 0,route
tap_done
