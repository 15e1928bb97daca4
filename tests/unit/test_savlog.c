#include "tests/unit/unit.h"

#include "lib/facts/savlog.h"

static struct savlog_update update(const char *text)
{
	struct savlog_update result;

	savlog_parse_update(lines_of(text), &result);
	return result;
}

static void the_last_update_counts(void **state)
{
	(void)state;
	struct savlog_update got = update("a\nSUCCESSFULLY_UPDATED_FROM primary\nBAD-PRIMARY-URL\n");

	assert_true(got.ended && !got.succeeded && got.source == SAVLOG_PRIMARY);
	got = update("BAD-PRIMARY-URL\nSUCCESSFULLY_UPDATED_FROM");
	assert_true(got.ended && got.succeeded && got.source == SAVLOG_SILENT);
	got = update("trying Secondary\nSUCCESSFULLY_UPDATED_FROM\n");
	assert_true(got.source == SAVLOG_SECONDARY);
	got = update("trying Backup\nSUCCESSFULLY_UPDATED_FROM Primary\n");
	assert_true(got.source == SAVLOG_PRIMARY);
	got = update("primary or secondary?\nSUCCESSFULLY_UPDATED_FROM\n");
	assert_true(got.succeeded && got.source == SAVLOG_SILENT);
	assert_false(update("nothing of it\n").ended);
	assert_false(update("").ended);
}

static struct savlog_talpa talpa(const char *text)
{
	struct savlog_talpa result;

	savlog_parse_talpa(lines_of(text), &result);
	return result;
}

static void reads_talpas_log(void **state)
{
	(void)state;
	struct savlog_talpa got = talpa("Building...\nError: failed with code 4\n");

	assert_true(got.failed && got.failure == 4);
	assert_null(got.type);
	assert_null(talpa("Building failed with code 4\n").type);
	got = talpa("Exited with code: 12\nBuilding...\nInstalling binaries...\n");
	assert_true(got.failed && got.failure == 12);
	assert_string_equal(got.type, "compiled");
	got = talpa("Installing binary pack talpa-binpack-x.tar.gz\nExit code 0\n");
	assert_false(got.failed);
	assert_string_equal(got.type, "binary-pack");
	assert_string_equal(talpa("talpa-binpack-x.tar.gz\n").type, "binary-pack");
	assert_string_equal(talpa("cache/talpa-custom/talpa-binpack-x.tar.gz\n").type, "custom");
	got = talpa("error code unknown\ncode 5\nfailed with code 99999999999999999999\n");
	assert_false(got.failed);
	assert_null(got.type);
}

static void reads_savdstatus(void **state)
{
	(void)state;
	const char *text = "Threat detection engine   = 3.79.0\nThreat data : 5.74\nThreat data sources =\n";
	struct span output = lines_of(text);
	struct span value;

	assert_true(savlog_status(output, "Threat detection engine", &value) && lines_equal(value, "3.79.0"));
	assert_true(savlog_status(output, "Threat data", &value) && lines_equal(value, "5.74"));
	assert_false(savlog_status(output, "Threat data sources", &value));
	assert_false(savlog_status(output, "Build", &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_update_counts),
		cmocka_unit_test(reads_talpas_log),
		cmocka_unit_test(reads_savdstatus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
