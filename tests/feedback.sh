# For the tests of sav-feedback, after tests/tap.sh: an installation of the wrapper with a clock that the test
# sets.
# shellcheck shell=sh disable=SC2034,SC2154 # names for the tests, and of tap.sh
#
# Only date(1) is given the false time (by libfaketime, which a sanitized program does not bear): the wrapper
# has no other clock. `sleep` is a stand-in that writes down for how long, sets the clock onward, and runs
# $tmp/asleep if the test put something there that happens meanwhile.
SAV_HOME=$tmp/home
clock=$tmp/clock
export SAV_HOME clock tmp
day=86400 hour=3600
t0=1790000000 # Mon 21 Sep 2026 14:13:20 UTC
dir=$SAV_HOME/var/feedback
log=$SAV_HOME/log/feedback.log
# not by faketime(1): its semaphore is in the way when a number of a process comes round again
preload=$(find /usr/lib /usr/local/lib -name libfaketime.so.1 2>/dev/null | head -n 1)
export preload

script() { # FILE: makes an executable of standard input
	{ echo '#!/bin/sh' && cat; } >"$1" && chmod 755 "$1"
}

feedback_install() {
	mkdir -p "$tmp/shim" "$tmp/home/bin" "$tmp/home/libexec" "$tmp/home/etc"
	cp "$bin/sav-feedback" "$tmp/home/bin"
	cp -r "$bin/../libexec/sav" "$tmp/home/libexec"
	script "$tmp/shim/date" <<-'END'
		exec env LD_PRELOAD="$preload" FAKETIME_TIMESTAMP_FILE="$clock" FAKETIME_FMT=%s FAKETIME_NO_CACHE=1 \
			/bin/date "$@"
	END
	script "$tmp/shim/sleep" <<-'END'
		case $1 in *.*) exec /bin/sleep "$1" ;; esac # of wait_for
		echo "$1" >>"$tmp/slept"
		echo $(($(cat "$clock") + $1)) >"$clock"
		[ ! -x "$tmp/asleep" ] || exec "$tmp/asleep"
	END
	PATH=$tmp/shim:$tmp/home/bin:$PATH
	at $t0
}

# The tools, so that a test can make each of them fail: they end with the status in $tmp/<tool>.status, and
# savconfig answers from the files $tmp/config/<parameter>.
feedback_stand_ins() {
	mkdir -p "$tmp/config" "$tmp/drop"
	echo false >"$tmp/config/DisableFeedback"
	echo 'https://user:secret@drop.example/in' >"$tmp/config/FeedbackURL"
	echo key >"$SAV_HOME/etc/feedback.pub"
	script "$tmp/home/bin/savconfig" <<-'END'
		[ ! -e "$tmp/savconfig.status" ] || { echo 'savconfig: broken' >&2; exit "$(cat "$tmp/savconfig.status")"; }
		case $1 in
		get) cat "$tmp/config/$2" 2>/dev/null || : ;;
		--all) cat "$tmp/config/query" 2>/dev/null || : ;;
		esac
	END
	script "$tmp/home/bin/sav-collect" <<-'END'
		[ ! -e "$tmp/sav-collect.status" ] || { echo 'sav-collect: no' >&2; exit "$(cat "$tmp/sav-collect.status")"; }
		echo "{\"made\":$(cat "$clock")}"
	END
	script "$tmp/home/bin/sav-encrypt" <<-'END'
		[ ! -e "$tmp/sav-encrypt.status" ] || { echo 'sav-encrypt: no key' >&2; exit "$(cat "$tmp/sav-encrypt.status")"; }
		sed 's/^/sealed: /'
	END
	script "$tmp/home/bin/sav-send" <<-'END'
		echo "$*" >>"$tmp/sent"
		echo '2026-01-01 00:00:00.000001: Preparing feedback data' >&2
		echo '2026-01-01 00:00:00.000002: Sending feedback' >&2
		[ ! -x "$tmp/sending" ] || "$tmp/sending" || exit
		if [ -e "$tmp/sav-send.status" ]; then
			echo '2026-01-01 00:00:00.000003: Failed: no route worked' >&2
			exit "$(cat "$tmp/sav-send.status")"
		fi
		cp "$4" "$tmp/drop/$3"
		echo '2026-01-01 00:00:00.000003: Success' >&2
	END
}

at() { echo "$1" >"$clock"; }               # DATE: sets the clock
noted() { sed -n "s/^$1=//p" "$dir/schedule"; } # KEY: what the wrapper noted
slept() { cat "$tmp/slept" 2>/dev/null; }
count() { find "$1" -type f 2>/dev/null | wc -l; } # FOLDER: how many files are in it
due_in() { echo $(($(noted due) - $(cat "$clock"))); }
within() { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; } # NUMBER LEAST MOST
# Everything in the installation, to see that nothing was touched.
snapshot() { find "$SAV_HOME" -printf '%p %s %m %T@ %C@\n' | sort; }
# A host that never sent, at t0, with its first date noted.
fresh() {
	rm -rf "${SAV_HOME:?}/var" "${SAV_HOME:?}/log" "$tmp"/*.status "$tmp/slept" "$tmp/sent" "$tmp/asleep" \
		"$tmp/sending" "$tmp/drop"
	mkdir "$tmp/drop"
	at $t0
	sav-feedback run
}
