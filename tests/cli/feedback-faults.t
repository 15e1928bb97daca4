#!/bin/sh
# What may go wrong around the wrapper: clocks, state, kills, disks, and two at once; with stand-ins for the
# tools.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/feedback.sh
. "$(dirname -- "$0")/../feedback.sh"
feedback_install
feedback_stand_ins
year=$((365 * day))

# The clock.
for years in 1 20 56; do
	fresh
	at $((t0 - years * year))
	like "set back by $years years: status says what comes" "$(sav-feedback status)" \
		'will be drawn .* the clock was set back$'
	run sav-feedback run
	is "set back by $years years: nothing is sent" "$status$out$err$(count "$tmp/drop")" 00
	ok "set back by $years years: the next date is 6 to 8 days ahead" within "$(due_in)" $((6 * day)) $((8 * day))
done
fresh
at "$(noted due)"
sav-feedback run
at $((t0 + 10 * year))
sav-feedback run
is 'set forth by 10 years: overdue, sent once' "$(count "$tmp/drop")" 2
at $t0
sav-feedback run
is 'and back again: not sent at once' "$(count "$tmp/drop")" 2
ok 'and back again: 6 to 8 days ahead' within "$(due_in)" $((6 * day)) $((8 * day))
fresh
at "$(noted due)"
sav-feedback run
delivered=$(noted sent)
at $((delivered - 5 * year)) # a clock without its battery, at boot
sav-feedback run
at $((delivered + day)) # and then comes the time from the network
sav-feedback run
is 'set back and forth within a week: no report too many' "$(count "$tmp/drop")" 1
ok 'and the next date is 6 to 8 days after the last delivery' \
	within $(($(noted due) - delivered)) $((6 * day)) $((8 * day))
rm -rf "${SAV_HOME:?}/var"
rm -f "$tmp"/drop/*
at 1000 # a clock without its battery, at the first boot after the installation
sav-feedback run
at $t0
sav-feedback run
is 'installed in 1970, says the clock: the first report still leaves time to opt out' "$(count "$tmp/drop")" 0
ok 'which is 6 to 8 days' within "$(due_in)" $((6 * day)) $((8 * day))

# Summer time: at the change the local clock goes from 2:00 to 3:00, or back; dates in UTC do not notice.
for change in 1774746000 1792890000; do # 29 Mar and 25 Oct 2026, 1:00 UTC
	fresh
	TZ=Europe/Berlin
	sed -i "s/^due=.*/due=$((change + 600))/" "$dir/schedule"
	at $((change - 1800))
	sav-feedback run
	TZ=UTC
	is "summer time changes ($change): slept until the second drawn" "$(slept),$(count "$tmp/drop")" 2400,1
done

# State that is not ours.
fresh
good=$(cat "$dir/schedule")
damage() { # SENTENCE: a new date is drawn for what is in the file now, and the log says why
	rm -f "$log"
	run sav-feedback run
	is "$1: nothing is sent" "$status$out$err$(count "$tmp/drop")" 00
	ok "$1: a new date" within "$(due_in)" $((6 * day)) $((8 * day))
	like "$1: the log says so" "$(cat "$log")" ': The schedule .*: a new date is drawn$'
}
bad() { # SENTENCE SED-EXPRESSION
	rm -rf "$dir/schedule"
	printf '%s\n' "$good" | sed "$2" >"$dir/schedule"
	damage "$1"
}
bad 'an empty state file' d
bad 'a key missing' '/^due/d'
bad 'a key twice' '/^due/p'
bad 'an unknown key' 's/^sent=/what=/'
bad 'a date that is no number' 's/^due=.*/due=soon/'
bad 'a negative date' 's/^due=/due=-/'
bad 'a date of 40 digits' 's/^due=.*/due=1111111111111111111111111111111111111111/'
bad 'a number that a shell takes for octal' 's/^failures=.*/failures=010/'
# shellcheck disable=SC2016 # what a careless reader of the file would run
bad 'a command' 's/^due=.*/due=$(touch "$tmp\/pwned")/'
bad 'a path for a name' 's/^waiting=.*/waiting=..\/..\/..\/x/'
bad 'blanks in a value' 's/^result=.*/result=sent 0 0 0/'
bad 'the state of another machine, on a copied disk' 's/^machine=.*/machine=1/'
ok 'and nothing in it was run' [ ! -e "$tmp/pwned" ]
head -c 5000000 /dev/urandom >"$dir/schedule"
damage 'five megabytes of noise'
rm "$dir/schedule" && mkdir "$dir/schedule"
run sav-feedback run
is 'a folder for a state file: told, and nothing is sent' "$status,$(count "$tmp/drop")" 74,0
rmdir "$dir/schedule"
printf '%s\n' "$good" >"$tmp/elsewhere"
ln -s "$tmp/elsewhere" "$dir/schedule"
damage 'a symbolic link for a state file'
ok 'and the link is replaced, not followed' [ ! -L "$dir/schedule" ]
rm "$dir/schedule" && mkfifo "$dir/schedule"
damage 'a fifo for a state file, without waiting'

# Two at once: both sleep until the same second. The clock stands until both do.
fresh
at $(($(noted due) - 100))
mv "$tmp/shim/sleep" "$tmp/sleep"
script "$tmp/shim/sleep" <<'END'
case $1 in *.*) exec /bin/sleep "$1" ;; esac
: >"$tmp/both.$PPID"
until [ -e "$tmp/go" ]; do /bin/sleep 0.02; done
END
sav-feedback run &
first=$!
sav-feedback run &
second=$!
# shellcheck disable=SC2016 # for the inner shell
wait_for sh -c '[ "$(find "$tmp" -name "both.*" | wc -l)" -eq 2 ]'
at "$(noted due)"
: >"$tmp/go"
wait $first $second
is 'two crons at once: one report' "$(count "$tmp/drop"),$(noted result)" 1,sent
rm "$tmp/go" "$tmp"/both.*
mv "$tmp/sleep" "$tmp/shim/sleep"

# Killed: at each stage, the wrapper and all it started, without a word of warning. What comes next: no report
# is lost, none is delivered twice, and no attempt is made before the pause after a failure.
for tool in savconfig sav-collect sav-encrypt sav-send; do
	fresh
	at $(($(noted due) - 1))
	mv "$tmp/home/bin/$tool" "$tmp/$tool.kept"
	script "$tmp/home/bin/$tool" <<-'END'
		kill -9 -- -$(ps -o pgid= $$ | tr -d " ")
	END
	setsid -w sav-feedback run 2>/dev/null
	mv "$tmp/$tool.kept" "$tmp/home/bin/$tool"
	sav-feedback run
	case $tool in
	savconfig) is 'killed in savconfig: due as before' "$(count "$tmp/drop")" 1 ;;
	*)
		is "killed in $tool: not again at once" "$(count "$tmp/drop")" 0
		ok "killed in $tool: again after an hour and a part of a day" within "$(due_in)" $((hour - 1)) $((25 * hour))
		at "$(noted due)"
		sav-feedback run
		is "killed in $tool: then delivered, nothing left over" \
			"$(count "$tmp/drop"),$(cd "$dir" && echo *)" '1,last.json lock schedule'
		;;
	esac
done
fresh
at "$(noted due)"
script "$tmp/sending" <<'END'
rm "$tmp/sending"; cp "$dir"/waiting/* "$tmp/drop"; kill -9 -- -$(ps -o pgid= $$ | tr -d " ")
END
export dir
setsid -w sav-feedback run 2>/dev/null
at "$(noted due)"
sav-feedback run
is 'killed after the delivery: the same name again, not two reports' "$(count "$tmp/drop"),$(noted result)" 1,sent

# Asked to end while it sleeps.
fresh
at $(($(noted due) - 100))
rm "$tmp/shim/sleep"
env --default-signal=TERM,INT sav-feedback run &
pid=$!
wait_for pgrep -P $pid -x sleep >/dev/null
sleeper=$(pgrep -P $pid -x sleep)
kill -TERM $pid
wait $pid
is 'TERM ends the sleep' $? 143
ok 'and leaves no sleeper behind' wait_for sh -c "! kill -0 $sleeper 2>/dev/null"
sav-feedback now
is 'and no lock' $? 0

# Disks.
if ! unshare -m true 2>/dev/null; then
	skip 'a full disk, a read-only one' 'needs root, for mounts of its own'
	tap_done
fi
at $t0
script "$tmp/shim/sleep" <<'END'
echo $(($(cat "$clock") + $1)) >"$clock"
END
rm -rf "${SAV_HOME:?}/var" "${SAV_HOME:?}/log"
mkdir -p "$SAV_HOME/var" "$SAV_HOME/log"
export log
script "$tmp/on_full_disk" <<'END'
mount -t tmpfs -o size=64k tmpfs "$SAV_HOME/var" && mkdir "$dir" && sav-feedback run || exit
echo $(($(sed -n 's/^due=//p' "$dir/schedule") - 10)) >"$clock"
before=$(cat "$dir/schedule")
head -c 65536 /dev/zero >"$SAV_HOME/var/filler" 2>/dev/null
sav-feedback run 2>"$tmp/full.err"
echo "$?,$([ "$(cat "$dir/schedule")" = "$before" ] && echo same),$(find "$tmp/drop" -type f | wc -l)"
rm "$SAV_HOME/var/filler"
sav-feedback run
echo "$?,$(find "$tmp/drop" -type f | wc -l)"
END
rm -f "$tmp"/drop/*
run unshare -m "$tmp/on_full_disk"
is 'a full disk: 74, the old state intact, nothing sent; with room again: sent' "$out" \
	"$(printf '%s\n' 74,same,0 0,1)"
like 'a full disk: told' "$(cat "$tmp/full.err")" '^sav-feedback: .*/schedule: cannot be written, so nothing is sent$'
script "$tmp/on_filling_disk" <<'END'
mount -t tmpfs -o size=64k tmpfs "$SAV_HOME/var" && mkdir "$dir" && sav-feedback run || exit
echo $(($(sed -n 's/^due=//p' "$dir/schedule") - 10)) >"$clock"
echo 'head -c 65536 /dev/zero >"$SAV_HOME/var/filler" 2>/dev/null; true' >>"$tmp/home/bin/sav-collect"
sav-feedback run
echo "$?,$(find "$tmp/drop" -type f | wc -l),$(find "$dir/waiting" -type f 2>/dev/null | wc -l)"
sed -i '$d' "$tmp/home/bin/sav-collect"
END
at $t0
rm -f "$tmp"/drop/*
run unshare -m "$tmp/on_filling_disk"
like 'a disk that fills up while the report is made: a failure, nothing half sent' "$out" '^(70|73|74),0,0$'
script "$tmp/on_read_only" <<'END'
mount --bind "$SAV_HOME" "$SAV_HOME" && mount -o remount,bind,ro "$SAV_HOME" || exit
sav-feedback run
END
rm -rf "${SAV_HOME:?}/var"
refuses 'a read-only installation: nothing is sent' 73 'var/feedback: cannot be written, so nothing is sent' \
	unshare -m "$tmp/on_read_only"
tap_done
