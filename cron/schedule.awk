# The rule of the weekly report: when the next one is due, and what a host that wakes up now does about it.
#
# Values in, values out: it reads no clock, no file and no random number. sav-feedback asks it for one host, and
# tests/bench/herd for a million. Dates are seconds since 1970 (UTC); u is a random number, 0 <= u < 1.
# Source: Sophos article 121214, "once per week on a random interval of 6 days plus a random interval within 2 days".

BEGIN {
	schedule_hour = 3600
	schedule_day = 24 * schedule_hour
	schedule_rest = 6 * schedule_day   # nothing is sent for so long after a delivery
	schedule_spread = 2 * schedule_day # and then at a random time within this
	schedule_longest = schedule_rest + schedule_spread
	schedule_forgotten = 365 * schedule_day # no host is off for so long between its first two starts
}

# The next date after a delivery (or a refusal for good) at `now`; the first date after an installation at `now`.
function schedule_next(now, u) {
	return now + schedule_rest + int(u * schedule_spread)
}

# The next date after a failure at `now`, the `failures`-th in a row (from 1): 1, 2, 4, 8, 16, 24 h and a random part
# of a day. A jitter as long as the pause alone would not do: hosts that fail for half a day make four attempts each,
# and come back five times as dense as they left (tests/bench/herd shows both). `not_before` is what the server asked
# for by Retry-After, 0 for nothing; it counts for a day at most, and gets a jitter too.
function schedule_retry(now, failures, not_before, u,    pause, due) {
	pause = schedule_hour
	while (--failures > 0 && pause < schedule_day)
		pause *= 2 # and no power operator: busybox awk may come without
	if (pause > schedule_day)
		pause = schedule_day
	due = now + pause + int(u * schedule_day)
	if (not_before > now + schedule_day)
		not_before = now + schedule_day
	return due < not_before ? not_before + int(u * schedule_hour) : due
}

# The date in force at `now`, for a host that noted `due` ("" when it has noted none), its last delivery at `sent` (0
# for none yet) and `failures` in a row since. The same date as noted, unless
# - there is none, or it is further ahead than any draw could be (the clock was set back): drawn as if installed now;
# - it is the first and past for a year (a clock without its battery drew it at the first boot, and only then came the
#   time from the network): drawn as if installed now, or nobody had the days to look and to opt out;
# - it is past, but the last delivery is no 6 days ago (the clock was set back and forth): drawn from that delivery;
# - it is past (the machine was off): a random part of an hour from now, for all the others that boot at nine too.
function schedule_due(due, sent, failures, now, u) {
	if (due == "" || due > now + schedule_longest)
		return schedule_next(now, u)
	if (due > now)
		return due
	if (failures == 0 && sent == 0 && now >= due + schedule_forgotten)
		return schedule_next(now, u)
	if (failures == 0 && sent > 0 && sent <= now && now < sent + schedule_rest)
		return schedule_next(sent, u)
	return now + int(u * schedule_hour)
}

# Whether a host that is asked again in an hour has to stay awake for `due`.
function schedule_is_near(due, now) {
	return due <= now + schedule_hour
}

# Whether a report sealed at `sealed` is too old at `now` to be delivered (or from the future: the clock was set).
function schedule_is_stale(sealed, now) {
	return sealed > now || now >= sealed + schedule_rest
}
