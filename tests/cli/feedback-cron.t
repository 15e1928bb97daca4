#!/bin/sh
# The wrapper under Debian's own cron, and the systemd units. cron lives in mounts of its own here, with the
# crontab that we install, but for every minute; its clock and ours run 120 times too fast.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/feedback.sh
. "$(dirname -- "$0")/../feedback.sh"
feedback_install
feedback_stand_ins
units=$bin/../cron

# The units: valid, and shut in.
mkdir "$tmp/units"
plain_folder
prefix=$plain/prefix
ln -s "$tmp" "$prefix"
for unit in service timer; do
	sed "s|^ExecStart=[^ ]*/bin|ExecStart=$prefix/home/bin|; /^Documentation/d" \
		"$units/sav-feedback.$unit" >"$tmp/units/sav-feedback.$unit"
done
if command -v systemd-analyze >/dev/null; then
	run systemd-analyze verify "$tmp/units/sav-feedback.service" "$tmp/units/sav-feedback.timer"
	is 'systemd accepts the units' "$status$out$err" 0
	run systemd-analyze security --offline=yes --threshold=19 "$tmp/units/sav-feedback.service"
	is 'and calls the service well protected (less than 2.0 of 10)' "$status" 0
else
	skip 'systemd accepts the units' 'systemd-analyze is not installed'
fi
is 'the timer and the crontab have the same minute' "$(sed -n 's/^OnCalendar=\*://p' "$units/sav-feedback.timer")" \
	"$(awk '/^[0-9]/ { print $1 }' "$units/sav-feedback.cron")"

if [ ! -x /usr/sbin/cron ] || ! unshare -m true 2>/dev/null; then
	skip 'under cron' 'needs cron, and root for mounts of its own'
	tap_done
fi

# The installed line, with our paths, each minute; and a clock that cron and its jobs share.
speed=120
start=1790000040 # Mon 21 Sep 2026 14:14:00 UTC
due=$((start + 430))
began=$(/bin/date +%s)
mkdir "$tmp/fast"
script "$tmp/fast/date" <<END
real=\$(/bin/date +%s%N)
echo \$(($start + (real / 1000000 - $began * 1000) * $speed / 1000)) >"$tmp/clock.\$\$"
LD_PRELOAD='$preload' FAKETIME_TIMESTAMP_FILE="$tmp/clock.\$\$" FAKETIME_FMT=%s FAKETIME_NO_CACHE=1 /bin/date "\$@"
rm "$tmp/clock.\$\$"
END
# Each waits until three are there, however slowly they were started, or until nobody looks any more.
script "$tmp/fast/sleep" <<END
echo "\$1" >>"$tmp/slept"
while [ -e "$tmp/slept" ] && [ "\$(wc -l <"$tmp/slept")" -lt 3 ]; do /bin/sleep 0.02; done
exec /bin/sleep \$(awk "BEGIN { print \$1 / $speed }")
END
mkdir -p "$dir" "$tmp/cron.d" "$tmp/spool" "$tmp/run"
cat >"$dir/schedule" <<END
machine=$(cksum </etc/machine-id 2>/dev/null | awk '{ print $1 } END { if (!NR) print 0 }')
due=$due
failures=0
sent=0
tried=0
result=none
code=0
sealed=0
size=0
waiting=-
made_for=0
END
{
	printf '%s\n' "SAV_HOME=$prefix/home" "tmp=$prefix" "clock=$prefix/clock"
	sed "s|^PATH=|&$prefix/fast:|; s|^[0-9]* \* \* \* \* root .*|* * * * * root exec $prefix/home/bin/sav-feedback run|" \
		"$units/sav-feedback.cron"
} >"$tmp/cron.d/sav-feedback"
chmod 644 "$tmp/cron.d/sav-feedback"
: >"$tmp/crontab"
script "$tmp/cron" <<END
mount --bind "$tmp/cron.d" /etc/cron.d && mount --bind "$tmp/spool" /var/spool/cron &&
	mount --bind "$tmp/crontab" /etc/crontab && mount --bind "$tmp/run" /run || exit
LD_PRELOAD='$preload' FAKETIME="@2026-09-21 14:14:00 x$speed" exec /usr/sbin/cron -f
END
server unshare -m "$tmp/cron"
wait_for test -e "$tmp/sent"
rm -f /dev/shm/*faketime_*_$! # which a killed program under libfaketime leaves behind
kill $! # and then let those that slept for the same second find nothing to do
wait_for sh -c "! pgrep -f '$prefix/home/bin/[s]av-feedback'" >/dev/null
is 'cron sends the report once, though it started us every minute' "$(count "$tmp/drop"),$(wc -l <"$tmp/sent")" 1,1
ok 'several of us slept for it' [ "$(slept | wc -l)" -ge 3 ]
ok 'not before its second' within "$(noted sent)" $due $((due + 2 * hour)) # a loaded machine takes its time
is 'the log is the product'\''s' "$(sed 's/^[^ ]* [^ ]*: //' "$log")" "$(printf '%s\n' 'Preparing feedback data' \
	'Sending feedback' Success)"
ok 'and the next date is drawn' within $(($(noted due) - due)) $((6 * day)) $((8 * day + 2 * hour))
tap_done
