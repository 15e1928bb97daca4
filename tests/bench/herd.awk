# One fleet, after cron/schedule.awk: prints the arrivals at the drop by minute, "minute count", for
#   hosts, weeks   how many, how long
#   seed           of the random numbers
#   rule           ours, ladder (ours with a jitter as long as the pause after a failure), or popcon
#   outage         the day on which the drop is away from 8:00 to 20:00, 0 for never
#   minute         of the hour, when cron starts the wrapper
#   nine           1: the hosts are on from 9:00 to 18:00 only
#
# All hosts are installed in the same second, in one time zone: the worst start there is. From event to event,
# not from hour to hour: a host that is asked by cron and is not near its date does nothing
# (tests/cli/sav-feedback.t holds it to that).

BEGIN {
	srand(seed)
	day = schedule_day
	hour = schedule_hour
	minute_of_cron = minute * 60
	end = weeks * 7 * day
	outage_from = outage * day + 8 * hour
	outage_to = outage * day + 20 * hour
	for (host = 0; host < hosts; host++)
		if (rule == "popcon") popcon_host()
		else our_host()
	for (m = 0; m < end / 60; m++)
		print m, arrivals[m] + 0
}

function is_on(t) {
	return !nine || (t % day >= 9 * hour && t % day < 18 * hour)
}

# The first time from t on that cron starts the wrapper on a host that is switched on.
function cron_from(t) {
	t = int((t - minute_of_cron + hour - 1) / hour) * hour + minute_of_cron
	if (!is_on(t))
		t += (t % day < 9 * hour ? 9 * hour : 33 * hour) - t % day + minute_of_cron
	return t
}

function arrives(t) { # whether the drop took it
	if (outage && t >= outage_from && t < outage_to)
		return 0
	arrivals[int(t / 60)]++
	return 1
}

function our_host(    t, due, sent, failures) {
	t = cron_from(0)
	due = schedule_due("", 0, 0, t, rand())
	while (t < end) {
		t = cron_from(due - hour > t ? due - hour : t + 1) # earlier starts find nothing near
		due = schedule_due(due, sent, failures, t, rand())
		if (!schedule_is_near(due, t) || due >= end || !is_on(due))
			continue # or switched off while it slept
		t = due
		if (arrives(t)) {
			sent = t
			failures = 0
			due = schedule_next(t, rand())
		} else {
			failures++
			due = rule == "ladder" ? ladder(t, failures, rand()) : schedule_retry(t, failures, 0, rand())
		}
	}
}

function ladder(now, failures, u,    pause) {
	pause = failures > 5 ? day : hour * 2 ^ (failures - 1)
	return now + int(u * pause)
}

# Debian's popularity-contest 1.76, as its cron.daily script and postinst have it: a random minute, hour and
# weekday of its own in cron.d, where it sends; and the daily jobs (6:25, or five minutes after the boot by
# anacron), where it sends too when the last time is more than 6.5 days ago.
function popcon_host(    own, t, last, daily, next_own, next_daily) {
	own = int(rand() * 7 * 24 * 60) * 60
	daily = nine ? 9 * hour + 300 : 6 * hour + 25 * 60
	last = -7 * day
	t = 0
	while (t < end) {
		next_own = t - (t - own + 7 * day) % (7 * day) + 7 * day
		next_daily = t - t % day + daily
		while (next_daily <= t || next_daily - last <= 6.5 * day)
			next_daily += day
		t = next_own < next_daily ? next_own : next_daily
		if (t < end && is_on(t) && arrives(t))
			last = t
	}
}
