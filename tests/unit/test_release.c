#include "tests/unit/unit.h"

#include "lib/facts/release.h"

#include <string.h>

static struct release parse(void (*parser)(struct span, struct release *), const char *text)
{
	struct release release;

	memset(&release, 'x', sizeof release);
	parser(lines_of(text), &release);
	return release;
}

static void is(struct release got, const char *id, const char *version, const char *codename,
	       const char *description)
{
	assert_string_equal(got.id, id);
	assert_string_equal(got.version, version);
	assert_string_equal(got.codename, codename);
	assert_string_equal(got.description, description);
}

static void reads_os_release(void **state)
{
	(void)state;
	is(parse(release_parse_os,
		 "NAME=\"Rocky Linux\"\nVERSION=\"9.2 (Blue Onyx)\"\nID=\"rocky\"\nVERSION_ID=\"9.2\"\n"
		 "PRETTY_NAME=\"Rocky Linux 9.2 (Blue Onyx)\""),
	   "rocky", "9.2", "Blue Onyx", "Rocky Linux 9.2 (Blue Onyx)");
	is(parse(release_parse_os, "# ID=no\n  ID=yes \nVERSION=34 (x\nIDX=z\n=\nID\n"), "yes", "", "", "");
	is(parse(release_parse_os, "VERSION=\"34 (Workstation Edition)\"\nVARIANT=\"Workstation Edition\"\n"),
	   "", "", "", "");
	is(parse(release_parse_os, ""), "", "", "", "");
}

static void quotes_are_a_shells(void **state)
{
	(void)state;
	const struct {
		const char *text;
		const char *id;
	} cases[] = {
		{"ID='a b'", "a b"},           {"ID=\"a\\\"b\\\\c\\$d\\e\"", "a\"b\\c$d\\e"},
		{"ID='a\\'", "a\\"},           {"ID=a\\ b", "a b"},
		{"ID=\"unclosed", "unclosed"}, {"ID=a'b'\"c\"", "abc"},
		{"ID=$(id)`id`", "$(id)`id`"}, {"ID=end\\", "end\\"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(parse(release_parse_os, cases[i].text).id, cases[i].id);
}

static void a_long_value_is_cut(void **state)
{
	(void)state;
	char text[1000] = "ID=";

	memset(text + 3, 'y', sizeof text - 4);
	assert_int_equal(strlen(parse(release_parse_os, text).id), RELEASE_FIELD_SIZE - 1);
}

static void reads_what_came_before(void **state)
{
	(void)state;
	is(parse(release_parse_lsb, "DISTRIB_ID=LinuxMint\nDISTRIB_RELEASE=17\nDISTRIB_CODENAME=qiana\n"
				    "DISTRIB_DESCRIPTION=\"Linux Mint 17 Qiana\"\n"),
	   "linuxmint", "17", "qiana", "Linux Mint 17 Qiana");
	is(parse(release_parse_redhat, "CentOS release 6.10 (Final)\nmore\n"), "centos", "6.10", "Final",
	   "CentOS release 6.10 (Final)");
	is(parse(release_parse_redhat, "Fedora release 20 (Heisenbug)\n"), "fedora", "20", "Heisenbug",
	   "Fedora release 20 (Heisenbug)");
	is(parse(release_parse_redhat, "Something else\n"), "", "", "", "Something else");
	is(parse(release_parse_redhat, ""), "", "", "", "");
	is(parse(release_parse_suse, "openSUSE 13.1 (x86_64)\nVERSION = 13.1\nCODENAME = Bottle\n# "
				     "/etc/SuSE-release is deprecated\n"),
	   "opensuse", "13.1", "Bottle", "openSUSE 13.1 (x86_64)");
	is(parse(release_parse_suse,
		 "SUSE Linux Enterprise Desktop 11 (i586)\nVERSION = 11\nPATCHLEVEL = 0\n"),
	   "sled", "11", "", "SUSE Linux Enterprise Desktop 11 (i586)");
	is(parse(release_parse_debian, "7.11\n"), "debian", "7.11", "", "");
	is(parse(release_parse_debian, "\n"), "", "", "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_os_release),
		cmocka_unit_test(quotes_are_a_shells),
		cmocka_unit_test(a_long_value_is_cut),
		cmocka_unit_test(reads_what_came_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
