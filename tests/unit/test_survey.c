#include "tests/unit/folder.h"

#include "lib/conf/conf.h"
#include "lib/conf/home.h"
#include "lib/facts/fact.h"
#include "lib/facts/processes.h"
#include "lib/facts/survey.h"

#include <limits.h>
#include <string.h>

#define TABLE "  sl  local_address rem_address   st tx_queue\n"

static struct home home;
static struct host *host;
static struct survey survey;

static int make(void **state)
{
	struct fail fail;

	if (folder_make(state) != 0 || home_init(&home, NULL, &fail) != 0)
		return -1;
	host = host_new(folder, &fail);
	if (host == NULL)
		return -1;
	const struct survey_input input = {.home = &home, .now = 1, .zone = "Asia/Tokyo"};
	survey_init(&survey, host, &input);
	return 0;
}

static int clean(void **state)
{
	survey_fini(&survey);
	host_free(host);
	return folder_remove(state);
}

/* The fact of the captured host. */
static struct value measure(const char *key)
{
	static struct value values[FACT_COUNT];

	fact_prepare(&survey, FACT_9_11);
	fact_measure(&survey, FACT_9_11, values);
	for (size_t i = 0; i < FACT_COUNT; i++)
		if (strcmp(fact_table[i].key, key) == 0)
			return values[i];
	fail_msg("%s: no such fact", key);
	return (struct value){0};
}

static void an_empty_host_gives_reasons_only(void **state)
{
	(void)state;
	const char *why = "";
	struct span span;
	char text[INSTANT_SIZE];
	time_t now;

	assert_null(survey_conf(&survey, &why));
	assert_non_null(strstr(why, "No such file"));
	assert_null(survey_mounts(&survey, &why));
	assert_string_equal(why, "/proc/self/mountinfo: No such file or directory");
	assert_null(survey_ports(&survey, &why));
	assert_string_equal(why, "/proc/net/tcp: No such file or directory");
	assert_false(survey_status(&survey, &span, &why));
	assert_string_equal(why, "savdstatus: is not started for a captured host");
	assert_false(survey_captured(&survey, "time", &span));
	assert_false(survey_time(&survey, &now, text)); /* this host's clock is not that host's */
	assert_null(survey_ports(&survey, &why));       /* what was found out stays */
	assert_non_null(strstr(why, "/proc/net/tcp"));
}

static void every_unknown_fact_has_its_reason(void **state)
{
	(void)state;
	struct value values[FACT_COUNT];

	fact_prepare(&survey, FACT_9_11);
	fact_measure(&survey, FACT_9_11, values);
	for (size_t i = 0; i < FACT_COUNT; i++) {
		assert_false(values[i].known);
		assert_string_not_equal(values[i].why, "");
		assert_string_not_equal(values[i].why, "not looked at");
	}
	fact_measure(&survey, FACT_9_7, values);
	for (size_t i = 0; i < FACT_COUNT; i++)
		if (fact_table[i].since > FACT_9_7)
			assert_string_equal(values[i].why, "not looked at");
}

static void the_capture_tells_the_time(void **state)
{
	(void)state;
	char text[INSTANT_SIZE];
	time_t now = 0;

	folder_put(SURVEY_CAPTURE, "time=1970-01-02T00:00:00+01:00\n");
	assert_true(survey_time(&survey, &now, text));
	assert_int_equal(now, 82800);
	assert_string_equal(text, "1970-01-02T00:00:00+01:00");
}

static void a_time_of_another_form_is_none(void **state)
{
	(void)state;
	char text[INSTANT_SIZE];
	time_t now;

	folder_put(SURVEY_CAPTURE, "time=yesterday and a good deal more than there is room for\n");
	assert_false(survey_time(&survey, &now, text));
}

static void a_time_longer_than_there_is_room_is_none(void **state)
{
	(void)state;
	char text[INSTANT_SIZE];
	time_t now;

	folder_put(SURVEY_CAPTURE, "time=1970-01-02T00:00:00.5+01:00\n");
	assert_false(survey_time(&survey, &now, text));
}

/* 127.0.0.1 of either order is an address of the other's. */
static void without_the_byte_order_both_must_agree(void **state)
{
	(void)state;
	const char *why = "";

	folder_put("/proc/net/tcp", TABLE "   0: 7F000001:0050 00000000:0000 0A\n");
	assert_null(survey_ports(&survey, &why));
	assert_string_equal(why, "/proc/net/tcp: the machine's byte order is not known");
}

static void with_it_loopback_is_known(void **state)
{
	(void)state;
	const char *why = "";

	folder_put("/proc/net/tcp",
		   TABLE "   0: 7F000001:0050 00000000:0000 0A\n   1: 0100007F:01BB 00000000:0000 0A\n");
	folder_put(SURVEY_CAPTURE, "machine=s390x\n");
	const struct ports *ports = survey_ports(&survey, &why);
	assert_non_null(ports);
	assert_true(!ports_is_open(ports, 80) && ports_is_open(ports, 443));
}

/* mips is big-endian or little-endian, and says the same of itself. */
static void nor_does_every_machine_tell(void **state)
{
	(void)state;
	const char *why = "";

	folder_put("/proc/net/tcp", TABLE "   0: 7F000001:0050 00000000:0000 0A\n");
	folder_put("/proc/sys/kernel/arch", "mips64\n");
	assert_null(survey_ports(&survey, &why));
	assert_string_equal(why, "/proc/net/tcp: the machine's byte order is not known");
}

static void a_table_of_another_form_is_refused(void **state)
{
	(void)state;
	const char *why = "";

	folder_put("/proc/net/tcp", TABLE);
	folder_put("/proc/net/tcp6", "nothing of the kind\n");
	folder_put("/proc/sys/kernel/arch", "x86_64\n");
	assert_null(survey_ports(&survey, &why));
	assert_string_equal(why, "/proc/net/tcp6: not the table it should be");
}

static void a_broken_layer_leaves_no_configuration(void **state)
{
	(void)state;
	char path[PATH_MAX];
	const char *why = "";

	folder_put(survey_path(&survey, HOME_LOCAL_LAYER, path), "AutomaticAction: [\n");
	assert_null(survey_conf(&survey, &why));
	assert_non_null(strstr(why, "savd.yaml:"));
}

static void sources_are_known_together_or_not(void **state)
{
	(void)state;
	char path[PATH_MAX];

	folder_put(survey_path(&survey, HOME_LOCAL_LAYER, path),
		   "PrimaryUpdateSourcePath: http://a/\nSecondaryUpdateSourcePath: ftp://b/\n");
	struct value value = measure("config.update_sources");
	assert_false(value.known);
	assert_string_equal(value.why, "a source of a kind unknown here");
}

static void two_of_a_kind_are_one(void **state)
{
	(void)state;
	char path[PATH_MAX];

	folder_put(survey_path(&survey, HOME_LOCAL_LAYER, path),
		   "PrimaryUpdateSourcePath: //a/b\nSecondaryUpdateSourcePath: smb://c/\n");
	assert_string_equal(measure("config.update_sources").text, "smb");
}

static void a_server_of_nfs_without_its_threads_is_unknown(void **state)
{
	(void)state;

	folder_put("/proc/self/mountinfo", "");
	folder_put("/proc/fs/nfsd/versions", "-3 +4\n");
	struct value value = measure("server.nfsv4_in_use");
	assert_false(value.known);
	assert_string_equal(value.why, "/proc/fs/nfsd/threads: No such file or directory");
	value = measure("server.nfsv3_in_use"); /* which it would not serve with threads either */
	assert_true(value.known && !value.boolean);
}

/* Only the end of a log is read: a failure may stand before it. */
static void a_long_log_without_a_failure_tells_of_none(void **state)
{
	(void)state;
	static char log[300 * 1024];
	char path[PATH_MAX];

	memset(log, '\n', sizeof log - 1);
	memcpy(log, "failed with code 4\n", strlen("failed with code 4\n"));
	folder_put(survey_path(&survey, "log/talpaselect.log", path), log);
	struct value value = measure("on_access.last_talpa_build_failure");
	assert_false(value.known);
	assert_string_equal(value.why, "log/talpaselect.log: its end tells of no failure");
}

static void a_licence_is_words(void **state)
{
	(void)state;
	char path[PATH_MAX];

	folder_put(survey_path(&survey, HOME_LOCAL_LAYER, path), "LicenseType: SAV for Linux, server (2)\n");
	struct value value = measure("sophos.license");
	assert_true(value.known);
	assert_string_equal(value.text, "SAV for Linux, server (2)");
}

static void anything_else_is_none(void **state)
{
	(void)state;
	char path[PATH_MAX];

	folder_put(survey_path(&survey, HOME_LOCAL_LAYER, path), "LicenseType: held by db1.example.com\n");
	struct value value = measure("sophos.license");
	assert_false(value.known);
	assert_string_equal(value.why, "LicenseType: holds more than words");
}

#define each(test) cmocka_unit_test_setup_teardown(test, make, clean)

static void finds_the_machine_below(void **state)
{
	static const char cpu[] = "processor\t: 0\nflags\t: fpu\n";
	const struct {
		const char *path, *content, *name;
	} cases[] = {
		{"/proc/cpuinfo", "processor\t: 0\nvendor_id\t: User Mode Linux\nflags\t: fpu\n", "uml"},
		{"/sys/hypervisor/type", "xen\n", "xen"},
		{"/sys/hypervisor/type", "z\n", "vm-other"},
		{"/proc/xen/capabilities", "\n", "xen"},
		{"/proc/xen/capabilities", "control_d\n", "none"}, /* Xen's first domain */
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		folder_put("/proc/self/status", "");
		folder_put("/sys/devices/none", "");
		folder_put("/proc/cpuinfo", cpu);
		folder_put(cases[i].path, cases[i].content);
		struct value value = measure("system.vm_type");
		if (!value.known || strcmp(value.text, cases[i].name) != 0)
			fail_msg("%zu: %d %s %s", i, value.known, value.known ? value.text : value.why,
				 cases[i].name);
		assert_int_equal(clean(state), 0);
		assert_int_equal(make(state), 0);
	}
}

static void a_source_of_another_kind_is_unknown(void **state)
{
	(void)state;
	char path[PATH_MAX];

	folder_put(survey_path(&survey, HOME_LOCAL_LAYER, path), "PrimaryUpdateSourcePath: gopher://there\n");
	folder_put("/proc/meminfo", "MemTotal: 10 kB\nMemAvailable: 20 kB\n");
	struct value value = measure("config.update_sources");
	assert_false(value.known);
	assert_string_equal(value.why, "a source of a kind unknown here");
	value = measure("system.memory_used_kib");
	assert_false(value.known);
	assert_string_equal(value.why, "/proc/meminfo: more available than there is");
}

static void takes_nothing_for_what_it_is_not(void **state)
{
	(void)state;
	char path[PATH_MAX];

	folder_put("/etc/machine-id", "0123456789ABCDEF0123456789abcdef\n");
	folder_put(survey_path(&survey, "log/webui.log/folder", path), "");
	/* What the distribution was made from tells nothing of it. */
	folder_put("/etc/os-release", "ID=derived\n");
	folder_put("/etc/redhat-release", "Fedora release 40 (Forty)\n");
	assert_false(measure("sophos.machine_id").known);
	struct value value = measure("config.webui_log_bytes");
	assert_false(value.known);
	assert_non_null(strstr(value.why, "log/webui.log: not a regular file"));
	assert_string_equal(measure("system.distro_id").text, "derived");
	assert_false(measure("system.distro_release").known);
}

/* The kernel keeps 15 bytes of it: a longer one is found by these, and a shorter one is another. */
static void a_captured_name_is_cut_by_the_kernel(void **state)
{
	(void)state;
	static struct processes processes;
	const struct {
		const char *name;
		bool running;
	} cases[] = {{"surely-not-very-short", true}, {"surely-not-very", true}, {"surely-not-ver", false}};

	folder_put("/proc/12/comm", "surely-not-very\n");
	folder_put("/proc/12/stat", "12 (surely-not-very) S 1 12 12 0 -1 4194560 0 0");
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		processes_want(&processes, cases[i].name);
	processes_scan(&processes, host);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(processes_find(&processes, cases[i].name, strlen(cases[i].name))->running,
				 cases[i].running);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		each(an_empty_host_gives_reasons_only),
		each(every_unknown_fact_has_its_reason),
		each(the_capture_tells_the_time),
		each(a_time_of_another_form_is_none),
		each(a_time_longer_than_there_is_room_is_none),
		each(without_the_byte_order_both_must_agree),
		each(with_it_loopback_is_known),
		each(nor_does_every_machine_tell),
		each(a_table_of_another_form_is_refused),
		each(a_broken_layer_leaves_no_configuration),
		each(sources_are_known_together_or_not),
		each(two_of_a_kind_are_one),
		each(a_server_of_nfs_without_its_threads_is_unknown),
		each(a_long_log_without_a_failure_tells_of_none),
		each(a_licence_is_words),
		each(anything_else_is_none),
		each(finds_the_machine_below),
		each(a_source_of_another_kind_is_unknown),
		each(takes_nothing_for_what_it_is_not),
		each(a_captured_name_is_cut_by_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
