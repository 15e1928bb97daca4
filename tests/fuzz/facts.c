/* A whole host one of whose files is anything (all of lib/facts): the report stays within its size, is JSON, and
 * the receiving side takes it. Input: which file (see the table), its bytes. */
#include "tests/fuzz/frame/fuzz.h"

#include "cmd/sav-report/command.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/conf/home.h"
#include "lib/facts/document.h"
#include "lib/facts/explain.h"
#include "lib/facts/host.h"
#include "lib/facts/survey.h"
#include "lib/report/parse.h"
#include "lib/report/schema.h"

#include <stdlib.h>
#include <string.h>

#define HOME "opt/sophos-av/"

static const char *const files[] = {
	"etc/os-release",
	"etc/lsb-release",
	"etc/redhat-release",
	"etc/SuSE-release",
	"etc/debian_version",
	"proc/cpuinfo",
	"proc/self/mountinfo",
	"proc/net/tcp",
	"proc/meminfo",
	"proc/uptime",
	"proc/sysinfo",
	"proc/sys/kernel/ostype",
	"proc/sys/kernel/osrelease",
	"proc/sys/kernel/arch",
	"proc/1/cgroup",
	"proc/1/environ",
	"proc/1/stat",
	"proc/1/comm",
	"proc/device-tree/hypervisor/compatible",
	"proc/xen/capabilities",
	"proc/fs/nfsd/versions",
	"proc/fs/nfsd/threads",
	"proc/net/ip_tables_names",
	"proc/sys/talpa/interceptors/VFSHookInterceptor/status",
	"sys/devices/system/cpu/online",
	"sys/class/dmi/id/product_name",
	"sys/firmware/dmi/entries/0-0/raw",
	"sys/hypervisor/properties/features",
	"sys/kernel/security/apparmor/profiles",
	"run/systemd/container",
	"etc/machine-id",
	"etc/timezone",
	"etc/sysconfig/clock",
	"capture",
	HOME "engine/version",
	HOME "var/run/onaccess.status",
	HOME "etc/update.last_update",
	HOME "etc/savd.yaml",
	HOME "etc/policy.yaml",
	HOME "log/savupdate-debug.log",
	HOME "log/talpaselect.log",
	HOME "var/feedback/route",
	HOME "var/feedback/id.key",
};
enum { FILES = sizeof files / sizeof files[0] };

static void check_document(enum fact_level level, const struct value *values)
{
	struct buf out = BUF_INIT(DOCUMENT_SIZE_MAX);
	struct schema schema;
	struct fail fail;
	struct parse_report *report = malloc(sizeof *report);
	const struct parse_rules rules = {
		.schema = &schema, .from = 0, .until = INT64_C(1) << 40, .now = INT64_C(1) << 38, .parts = 1};

	REQUIRE(report != NULL && command_schema(&schema, &fail) == 0);
	REQUIRE(document_format(level, values, false, &out, &fail) == 0 && out.size <= DOCUMENT_SIZE_MAX);
	REQUIRE(out.data[out.size - 1] == '\n' && fuzz_is_plain(out.data, out.size - 1) &&
		fuzz_is_json(out.data, out.size));
	enum parse_result result = parse_report(&rules, out.data, out.size - 1, report);
	/* A host whose identity cannot be read, or with a clock that is off, is not counted. */
	REQUIRE(result == PARSE_ACCEPTED || result == PARSE_NO_MACHINE || result == PARSE_BAD_TIME);
	free(report);
	buf_fini(&out);
}

static void check_texts(enum fact_level level, const struct value *values)
{
	struct buf out = BUF_INIT(EXPLAIN_SIZE_MAX);
	struct fail fail;

	REQUIRE(explain_json(level, values, &out, &fail) == 0 && fuzz_is_json(out.data, out.size));
	buf_fini(&out);
	REQUIRE(explain_format(level, values, &out, &fail) == 0);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char capture[] = "time=2026-11-21T12:00:00+01:00\nmachine=x86_64\n";
	static struct value values[FACT_COUNT];
	struct fuzz in = {bytes, size};
	struct fail fail;
	struct home home = {"/opt/sophos-av"};
	const struct survey_input input = {.home = &home};
	struct survey *survey = malloc(sizeof *survey);
	unsigned which = fuzz_choice(&in, FILES);

	(void)fuzz_put("capture", capture, sizeof capture - 1);
	(void)fuzz_put("etc/machine-id", "0123456789abcdef0123456789abcdef\n", 33);
	(void)fuzz_put(HOME "var/feedback/id.key", "0123456789abcdef0123456789abcdef", 32);
	(void)fuzz_put(files[which], in.bytes, in.size);
	struct host *host = host_new(fuzz_folder(), &fail);
	REQUIRE(host != NULL && survey != NULL);
	survey_init(survey, host, &input);
	fact_prepare(survey, FACT_9_11);
	fact_measure(survey, FACT_9_11, values);
	check_document(FACT_9_11, values);
	check_document(FACT_9_7, values);
	check_texts(FACT_9_11, values);
	survey_fini(survey);
	host_free(host);
	free(survey);
	fuzz_clear();
	return 0;
}
