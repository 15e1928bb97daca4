#!/bin/sh
# The wrapper's own rules, with stand-ins for the tools it runs; tests/cli/feedback-pipe.t runs it with the real ones.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/feedback.sh
. "$(dirname -- "$0")/../feedback.sh"
feedback_install
feedback_stand_ins

# Off means off.
echo true >"$tmp/config/DisableFeedback"
before=$(snapshot)
run sav-feedback run
is 'off: ends 0 and says nothing' "$status$out$err" 0
run strace -f -o "$tmp/trace" -e trace=%network,openat,open,creat,mkdir,unlink,rename sav-feedback
is 'off: opens no socket' "$(grep -E 'socket|connect' "$tmp/trace")" ''
is 'off: opens nothing for writing' \
	"$(grep -E 'O_WRONLY|O_RDWR|O_CREAT|mkdir|unlink|rename' "$tmp/trace" | grep -v /dev/null)" ''
is 'off: no file is touched' "$(snapshot)" "$before"
refuses 'off: now is refused' 77 'feedback is off: DisableFeedback is true$' sav-feedback now
is 'and touches nothing either' "$(snapshot)" "$before"
like 'status says so' "$(sav-feedback status)" '^Feedback: +off \(DisableFeedback is true\)$'
echo 'DisableFeedback (Locked): true' >"$tmp/config/query"
like 'and that management decided it' "$(sav-feedback status)" \
	'^Feedback: +off \(DisableFeedback is true, fixed by policy\)$'
rm "$tmp/config/query"
echo false >"$tmp/config/DisableFeedback"
for value in 1 true; do
	run env DO_NOT_TRACK=$value sav-feedback run
	is "DO_NOT_TRACK=$value: nothing" "$status$out$err$(snapshot)" "0$before"
done
refuses 'DO_NOT_TRACK: now is refused' 77 'off: DO_NOT_TRACK is set' env DO_NOT_TRACK=1 sav-feedback now
like 'DO_NOT_TRACK: status says so' "$(DO_NOT_TRACK=1 sav-feedback status)" '^Feedback: +off \(DO_NOT_TRACK is set\)$'

# Not configured, and badly configured.
mv "$tmp/config/FeedbackURL" "$tmp/url"
run sav-feedback run
is 'nowhere to send to: nothing' "$status$out$err$(snapshot)" "0$before"
refuses 'nowhere to send to: now is refused' 78 'neither FeedbackURL nor FeedbackHost is set' sav-feedback now
like 'nowhere to send to: status says so' "$(sav-feedback status)" \
	'off \(neither FeedbackURL nor FeedbackHost is set\)'
mv "$tmp/url" "$tmp/config/FeedbackURL"
mv "$SAV_HOME/etc/feedback.pub" "$tmp/pub"
before=$(snapshot)
run sav-feedback run
is 'no public key: nothing' "$status$out$err$(snapshot)" "0$before"
refuses 'no public key: now is refused' 78 'feedback.pub: no public key' sav-feedback now
mv "$tmp/pub" "$SAV_HOME/etc/feedback.pub"
before=$(snapshot)
echo 78 >"$tmp/savconfig.status"
refuses 'a broken configuration sends nothing, and is told' 78 'configuration: cannot be read' sav-feedback run
is 'and nothing is touched' "$(snapshot)" "$before"
rm "$tmp/savconfig.status"

# The first date, and the next.
fresh
is 'the first run sends nothing' "$(count "$tmp/drop")" 0
ok 'the first date is 6 to 8 days ahead' within "$(due_in)" $((6 * day)) $((8 * day))
is 'the folder is for its owner only' "$(mode_of "$dir"),$(mode_of "$dir/schedule")" 700,600
due=$(noted due)
before=$(snapshot)
at $((due - hour - 1))
sav-feedback run
is 'more than an hour before: nothing is touched' "$(snapshot)$(slept)" "$before"
at $((due - hour))
run sav-feedback run
is 'an hour before: sleeps until the second drawn' "$(slept)" $hour
is 'and sends without a word' "$(count "$tmp/drop")$status$out$err" 10
is 'the next date is drawn from the delivery' "$(noted sent),$(noted result),$(noted failures)" "$due,sent,0"
ok 'and is 6 to 8 days ahead' within "$(due_in)" $((6 * day)) $((8 * day))
is 'the log is the product'\''s' "$(sed 's/^[^ ]* [^ ]*: //' "$log")" "$(printf '%s\n' \
	'Preparing feedback data' 'Sending feedback' 'Success')"
is 'nothing waits, nothing is left over' "$(cd "$dir" && echo *)" 'last.json lock schedule'
is 'last is what was sealed' "$(sav-feedback last | sed 's/^/sealed: /')" "$(cat "$tmp"/drop/*)"
like 'the name is 32 random hex digits' "$(ls "$tmp/drop")" '^[0-9a-f]{32}$'
sav-feedback run
is 'sent once only' "$(count "$tmp/drop")" 1

# Overdue: the machine was off.
fresh
due=$(noted due)
at $((due + 3 * day))
sav-feedback run
is 'overdue: sent' "$(count "$tmp/drop")" 1
ok 'after a random part of an hour' within "$(slept || echo 0)" 0 $hour

# Turned off, or done by somebody else, while it slept.
# shellcheck disable=SC2016 # for the script that this becomes
for how in 'echo true >"$tmp/config/DisableFeedback"' 'rm -f "$tmp/asleep"; sav-feedback now'; do
	fresh
	at $(($(noted due) - 60))
	echo "$how" | script "$tmp/asleep"
	sav-feedback run
	is "while it slept: $how" "$(count "$tmp/drop")" "$(case $how in echo*) echo 0 ;; *) echo 1 ;; esac)"
	echo false >"$tmp/config/DisableFeedback"
done
fresh
at $(($(noted due) - 60))
script "$tmp/asleep" <<'END'
rm "$tmp/asleep"
echo $(($(cat "$clock") - 86400)) >"$clock"
END
sav-feedback run
is 'the clock was set back while it slept: not sent early' "$(count "$tmp/drop")" 0

# A failure: again after 1, 2, 4 ... 24 h and a part of a day, the same report under the same name.
fresh
echo 75 >"$tmp/sav-send.status"
at "$(noted due)"
for pause in 1 2 4 8 16 24 24; do
	sav-feedback run
	is "failed: the run ends 75" $? 75
	ok "failed: again after $pause h and a part of a day" within "$(due_in)" $((pause * hour)) $(((pause + 24) * hour))
	at "$(noted due)"
done
is 'what waits is one sealed report' "$(count "$dir/waiting"),$(noted failures)" 1,7
fresh
echo 75 >"$tmp/sav-send.status"
for _ in 1 2 3; do
	at "$(noted due)"
	sav-feedback run
done
is 'it keeps its name' "$(wc -l <"$tmp/sent"),$(sort -u "$tmp/sent" | wc -l)" 3,1
sealed=$(cat "$dir"/waiting/*)
at "$(noted due)"
rm "$tmp/sav-send.status"
sav-feedback run
is 'the retry delivers what waited' "$(cat "$tmp"/drop/*)" "$sealed"
is 'and forgets the failures' "$(noted failures),$(noted waiting),$(noted result)" '0,-,sent'
fresh
echo 75 >"$tmp/sav-send.status"
at "$(noted due)"
sav-feedback run
rm "$tmp/sav-send.status"
at $(($(cat "$clock") + 6 * day + hour))
sav-feedback run
is 'a report that waited for 6 days is replaced' "$(sort -u "$tmp/sent" | wc -l),$(count "$tmp/drop")" 2,1
for change in config/FeedbackLevel config/CustomerID home/etc/feedback.pub; do
	fresh
	echo 75 >"$tmp/sav-send.status"
	at "$(noted due)"
	sav-feedback run
	sealed=$(cat "$dir"/waiting/*)
	rm "$tmp/sav-send.status"
	cp "$tmp/$change" "$tmp/kept" 2>/dev/null || : >"$tmp/kept"
	echo other >"$tmp/$change"
	at "$(noted due)"
	sav-feedback run
	cp "$tmp/kept" "$tmp/$change"
	is "another ${change##*/}: what waits is replaced, too" "$(sort -u "$tmp/sent" | wc -l),$(count "$tmp/drop")" 2,1
	ok 'and what was sealed for the one before goes nowhere' [ "$(cat "$tmp"/drop/*)" != "$sealed" ]
done
fresh
echo 69 >"$tmp/sav-send.status"
at "$(noted due)"
sav-feedback run
is 'refused for good: ends 69 and discards the report' "$?,$(noted result),$(count "$dir/waiting")" 69,refused,0
ok 'and waits a week' within "$(due_in)" $((6 * day)) $((8 * day))
fresh
echo 77 >"$tmp/sav-send.status"
at "$(noted due)"
sav-feedback run
is 'a drop that may not be written: the report is kept' "$?,$(noted result),$(count "$dir/waiting")" 77,failed,1
echo "echo true >'$tmp/config/DisableFeedback'" | script "$tmp/sending"
at "$(noted due)"
sav-feedback run
is 'turned off while sending: it is not' "$?,$(count "$dir/waiting")" 77,0
echo false >"$tmp/config/DisableFeedback"
for least in $((20 * hour)) $((23 * hour)) $day $hour; do
	fresh
	echo 75 >"$tmp/sav-send.status"
	due=$(noted due)
	at $((due - 1))
	case $least in
	"$day") asked=99999999999999 ;;
	"$hour") asked='soon' ;;
	*) asked=$((due + least)) ;;
	esac
	echo "echo $asked >'$dir/retry-at'" | script "$tmp/sending"
	sav-feedback run
	ok "Retry-After ($asked) is honoured for a day at most" within "$(due_in)" "$least" $((25 * hour))
done
for tool in sav-collect sav-encrypt; do
	fresh
	echo 70 >"$tmp/$tool.status"
	at "$(noted due)"
	sav-feedback run
	is "$tool fails: nothing is sent, its status is ours" "$?,$(count "$tmp/drop"),$(cat "$tmp/sent" 2>/dev/null)" 70,0,
	like "$tool fails: the log says so" "$(tail -n 1 "$log")" 'Failed: no report could be made \(status 70\)$'
	ok "$tool fails: tried again" within "$(due_in)" $hour $((25 * hour))
done

fresh
echo 137 >"$tmp/sav-encrypt.status"
at "$(noted due)"
sav-feedback run
is 'a tool that was killed: 70' $? 70

# now, status, last, preview.
fresh
refuses 'last before anything was sealed' 66 'no report has been sealed yet' sav-feedback last
like 'status before anything was sent' "$(sav-feedback status)" '^Last result: +nothing sent yet$'
run sav-feedback now -v
is 'now -v shows the log' "$status$out$err" "0$(cat "$log")"
run sav-feedback now
is 'now says nothing' "$status$out$err,$(count "$tmp/drop")" 0,2
echo 75 >"$tmp/sav-send.status"
refuses 'now says why not' 75 'not delivered: no route worked' sav-feedback now
sav-feedback status >"$tmp/status"
like 'status: on' "$(cat "$tmp/status")" '^Feedback: +on \(DisableFeedback is false\)$'
like 'status: the next date' "$(cat "$tmp/status")" \
	'^Next report: +(Mon|Tue) 2[12] Sep 2026 [0-9:]{8} UTC, in [0-9]+ (day|hour|minute)'
like 'status: the last result' "$(cat "$tmp/status")" \
	'^Last result: +failed .* ago: no route worked \(failures in a row: 1\)$'
like 'status: what waits' "$(cat "$tmp/status")" '^Waiting: +one sealed report, from Mon 21 Sep 2026 14:13:20 UTC$'
like 'status: where to, without the password' "$(cat "$tmp/status")" '^Destination: +https://drop.example/in$'
like 'status: local time' "$(TZ=Asia/Tokyo sav-feedback status)" 'Mon 21 Sep 2026 23:13:20 JST'
is 'preview is what sav-collect says' "$(sav-feedback preview)" "{\"made\":$t0}"
echo 70 >"$tmp/sav-collect.status"
refuses 'preview fails with sav-collect' 70 'sav-collect: no' sav-feedback preview
rm "$tmp/sav-collect.status"

# What takes the place of something else is on the disk first: a power cut leaves the one or the other.
fresh
script "$tmp/shim/sync" <<'END'
printf '%s\n' "$@" >>"$tmp/synced"
exec /bin/sync "$@"
END
sav-feedback now
is 'the report, what it says and the dates are synced' "$(sed 's|.*/||' "$tmp/synced" | grep new | sort -u)" \
	"$(printf '%s\n' report.new schedule.new sealed.new)"
rm "$tmp/shim/sync"
script "$tmp/shim/wc" <<'END'
exit 1
END
sav-feedback now 2>"$tmp/err"
uncounted=$?
rm "$tmp/shim/wc"
is 'what cannot be counted is not sent' "$uncounted,$(count "$tmp/drop")" 73,1
like 'and the dates are whole' "$(sav-feedback status)" '^Last result: +failed'

# One at a time.
fresh
at "$(noted due)"
script "$tmp/sending" <<'END'
rm "$tmp/sending"
sav-feedback now 2>"$tmp/second"
echo "$?" >>"$tmp/second"
sav-feedback run
echo "$?" >>"$tmp/second"
END
sav-feedback run
is 'a second one meanwhile' "$(grep -v hint "$tmp/second")" "$(printf '%s\n' \
	"sav-feedback: $SAV_HOME/var/feedback/lock: another sav-feedback is at it" 75 0)"
is 'sends nothing' "$(count "$tmp/drop")" 1

# The same under other shells and awks.
for variant in 'busybox sh:busybox awk' 'bash --posix:gawk' 'dash:mawk'; do
	shell=${variant%:*} awk=${variant#*:}
	if ! command -v "${shell%% *}" "${awk%% *}" >/dev/null; then
		skip "under $shell with $awk" 'not installed'
		continue
	fi
	echo "exec $awk \"\$@\"" | script "$tmp/shim/awk"
	echo "exec $shell '$tmp/home/bin/sav-feedback.sh' \"\$@\"" >"$tmp/run"
	mv "$tmp/home/bin/sav-feedback" "$tmp/home/bin/sav-feedback.sh"
	script "$tmp/home/bin/sav-feedback" <"$tmp/run"
	fresh
	first=$(due_in)
	echo 75 >"$tmp/sav-send.status"
	at $(($(noted due) - 7))
	sav-feedback
	failed=$?,$(noted failures),$(slept)
	rm "$tmp/sav-send.status"
	sav-feedback now
	is "under $shell with $awk" "$failed,$?,$(noted result),$(sav-feedback status | sed -n 's/^Last result: *//p')" \
		"75,1,7,0,sent,delivered $(date '+%a %e %b %Y %H:%M:%S %Z'), 0 seconds ago"
	ok 'with the same dates' within "$first" $((6 * day)) $((8 * day))
	mv "$tmp/home/bin/sav-feedback.sh" "$tmp/home/bin/sav-feedback"
	rm "$tmp/shim/awk"
done

# The command line.
refuses 'an unknown word' 64 'later: no such word' sav-feedback later
refuses 'an unknown option' 64 'no such option' sav-feedback --later
is 'a long word is told cut' "$(sav-feedback "$(printf %02000d 0)" 2>&1 | awk 'length > 1020')" ''
refuses 'two words' 64 'one word too many' sav-feedback run now
refuses '-v twice' 64 'given twice' sav-feedback now -v -v
refuses '-v with another word' 64 'goes with now only' sav-feedback status -v
refuses 'a relative SAV_HOME' 78 'not an absolute path' env SAV_HOME=home sav-feedback run
refuses 'a full disk behind standard output' 74 'standard output' sh -c 'sav-feedback status >/dev/full'
refuses 'the same for preview' 74 'standard output' sh -c 'sav-feedback preview >/dev/full'
run sav-feedback --help
is '--help ends 0' "$status" 0
like '--version' "$(sav-feedback --version)" '^sav-feedback [0-9]+\.[0-9]+\.[0-9]+$'
# What others could have a hand in.
fresh
chmod 777 "$dir"
refuses 'a folder that others may write to' 73 'is not ours alone' sav-feedback now
chmod 700 "$dir"
rm "$log" && mkdir "$log"
refuses 'a folder in the place of the log' 73 'feedback.log: cannot be written' sav-feedback now
rmdir "$log" && mkfifo "$log"
refuses 'a fifo in the place of the log, without waiting' 73 'feedback.log: cannot be written' sav-feedback now
rm "$log" && ln -s "$tmp/elsewhere" "$log"
refuses 'a link in the place of the log' 73 'feedback.log: cannot be written' sav-feedback now
ok 'is not followed' [ ! -e "$tmp/elsewhere" ]
rm "$log"
mkdir "$dir/last.json"
run sav-feedback now
is 'a folder in the place of the last report: nothing is sent' "$status,$(count "$tmp/drop")" 73,0
rmdir "$dir/last.json"
rm -rf "${SAV_HOME:?}/var"
refuses 'the last report of an installation that sent none' 66 'no report has been sealed yet' sav-feedback last
refuses 'an empty word' 64 "^sav-feedback: '': no such word" sav-feedback ''
refuses 'a word that a terminal would obey' 64 'sav-feedback: .\[2J: no such word' sav-feedback "$(printf '\033[2J')"
run env SAV_HOME="$tmp/$(printf '\033[2J')" sav-feedback status
is 'nor does it obey what status says' "$status,$(LC_ALL=C tr -d '\040-\176\n' <"$tmp/out" | wc -c)" 0,0
tap_done
