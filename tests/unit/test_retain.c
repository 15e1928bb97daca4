#include "tests/unit/unit.h"

#include "lib/report/retain.h"

enum { DAY = 24 * 60 * 60 };

static void counts_whole_days_from_the_earlier_time(void **state)
{
	(void)state;
	const time_t now = 1795000000;
	const struct {
		time_t modified;
		time_t changed;
		enum retain wanted;
	} cases[] = {
		{now, now, RETAIN_KEEP},
		{now - 89 * DAY + 1, now - 89 * DAY + 1, RETAIN_KEEP},
		{now - 89 * DAY, now - 89 * DAY, RETAIN_REMOVE},
		{0, 0, RETAIN_REMOVE},
		/* restored from a backup: old, though its ctime is young */
		{now - 100 * DAY, now, RETAIN_REMOVE},
		/* a sender dated it into the future, or hardly into the past */
		{now + 30000 * (time_t)DAY, now - 89 * DAY, RETAIN_REMOVE},
		{now + 30000 * (time_t)DAY, now - DAY, RETAIN_KEEP},
		/* clocks that differ a little, and one that was wrong when the file came */
		{now + DAY, now + DAY, RETAIN_KEEP},
		{now + DAY + 1, now + DAY + 1, RETAIN_UNKNOWN},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(retain_judge(now, cases[i].modified, cases[i].changed, 89), cases[i].wanted);
	assert_int_equal(retain_judge(now, now - DAY, now, 1), RETAIN_REMOVE);
	assert_int_equal(retain_judge(now, now - DAY + 1, now, 1), RETAIN_KEEP);
}

static void refuses_what_is_no_drop(void **state)
{
	(void)state;
	const char *bad[] = {"/",        "/srv",       "/tmp",         "/root",        "/var",
			     "/var/lib", "/var/log",   "/home",        "/home/me",     "/etc",
			     "/etc/x",   "/etc/x/y/z", "/usr/local/x", "/dev/shm/x",   "/proc/1",
			     "/sys/x",   "/boot/x/y",  "/lib/x",       "/mnt/operator"};
	const char *good[] = {
		"/srv/drop",      "/tmp/x",        "/var/lib/sav-receiver", "/var/lib/sav-receiver/drop",
		"/home/me/drop",  "/root/drop",    "/mnt/operator/drop",    "/library/x",
		"/etcetera/drop", "/data/feedback"};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct fail fail;
		assert_int_equal(retain_check_folder(bad[i], "/mnt/operator", &fail), -1);
		assert_int_equal(fail.status, EX_USAGE);
	}
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct fail fail;
		assert_int_equal(retain_check_folder(good[i], "/mnt/operator", &fail), 0);
		assert_int_equal(retain_check_folder(good[i], NULL, &fail), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_whole_days_from_the_earlier_time),
		cmocka_unit_test(refuses_what_is_no_drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
