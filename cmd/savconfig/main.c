/* savconfig: shows and changes the settings of an installation. */
#include "cmd/savconfig/savconfig.h"

#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/sandbox.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "lib/conf/home.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool advanced;
static bool all;

static const struct cli_option options[] = {
	{"advanced", 0, NULL, "With query and --help: show hidden parameters too", .flag = &advanced},
	{"all", 0, NULL, "With query: show what is at its default too", .flag = &all},
	{.name = NULL},
};

static int print_parameters(void)
{
	return show_table(advanced);
}

static const struct cli cli = {
	.name = "savconfig",
	.usage = "get PARAMETER\n"
		 "get NamedScans NAME\n"
		 "[--advanced] [--all] query [PARAMETER]\n"
		 "set PARAMETER VALUE\n"
		 "add PARAMETER VALUE\n"
		 "add NamedScans NAME FILE\n"
		 "remove PARAMETER VALUE\n"
		 "reset PARAMETER",
	.about =
		"Shows and changes the settings of the installation that SAV_HOME names, else of\n" SAV_PREFIX
		".\nNames are found in whatever case. add and remove are for lists. A user name or\n"
		"password given as - is read from standard input.",
	.options = options,
	.operands_min = 1,
	.operands_max = CLI_MANY,
	.notes_print = print_parameters,
};

/* What a verb takes behind itself, the name of the parameter included. */
struct verb {
	const char *name;
	int least, most;
	enum deed deed;
};

static const struct verb verbs[] = {
	{"get", 1, 2, SHOW}, {"query", 0, 1, SHOW},    {"set", 2, 2, SET},
	{"add", 2, 3, ADD},  {"remove", 2, 2, REMOVE}, {"reset", 1, 1, RESET},
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* Only reading below the installation is left, and writing where changes go; these may be links to
 * elsewhere. */
static int enter_sandbox(const struct home *home, bool writes, struct fail *fail)
{
	static const char *const places[] = {HOME_ETC, HOME_STATE};
	struct sandbox sandbox;
	char path[PATH_MAX];

	if (sandbox_begin(&sandbox, 0, fail) != 0 ||
	    sandbox_allow(&sandbox, home->path, SANDBOX_READ, fail) != 0)
		return -1;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (home_path(home, places[i], path, fail) != 0 ||
		    sandbox_allow(&sandbox, path, SANDBOX_READ | (writes ? SANDBOX_WRITE : 0U), fail) != 0)
			return -1;
	return cli_enter_sandbox(&cli, &sandbox, fail);
}

static int show(const struct home *home, int count, char **operands, struct fail *fail)
{
	enum param param = PARAM_COUNT;

	if (count > 0 && param_find(operands[0], &param, fail) != 0)
		return -1;
	if (count > 1 && param != PARAM_NAMED_SCANS)
		return fail_set(fail, EX_USAGE, "%s: one operand too many", param_info(param)->name);
	if (enter_sandbox(home, false, fail) != 0)
		return -1;
	auto_conf struct conf *conf = conf_load(home, fail);
	if (conf == NULL)
		return -1;
	if (count == 0)
		return show_all(conf, all, advanced, fail);
	return count == 1 ? show_value(conf, param, fail) : show_scan(conf, operands[1], fail);
}

/* The file is read before rights are given up, and before the lock is held. */
static int read_scan(const char *path, struct buf *scan, struct fail *fail)
{
	if (io_read_input(path, scan, fail) != 0)
		return -1;
	if (param_check_scan(scan->data, scan->size, fail) != 0)
		return fail_prefix(fail, "%s", strcmp(path, "-") == 0 ? "standard input" : path);
	return 0;
}

/* "-" in the place of a secret: a line of standard input, which no list of processes shows. */
static int read_secret(struct buf *secret, struct fail *fail)
{
	if (io_read_input("-", secret, fail) != 0)
		return -1;
	if (secret->size > 0 && secret->data[secret->size - 1] == '\n')
		secret->data[--secret->size] = '\0';
	if (secret->size != strlen(buf_text(secret)))
		return fail_set(fail, EX_DATAERR, "standard input: holds a NUL character");
	return 0;
}

static int run_change(const struct home *home, const struct verb *verb, int count, char **operands,
		      struct fail *fail)
{
	auto_buf struct buf scan = BUF_INIT(PARAM_SCAN_MAX);
	auto_buf_secret struct buf secret = BUF_INIT(PARAM_VALUE_MAX + 1); /* and a newline */
	struct request request = {.deed = verb->deed, .value = operands[1]};
	size_t discarded = 0;

	if (param_find(operands[0], &request.param, fail) != 0)
		return -1;
	if (count > 2) {
		if (request.param != PARAM_NAMED_SCANS)
			return fail_set(fail, EX_USAGE, "%s: takes one value",
					param_info(request.param)->name);
		if (read_scan(operands[2], &scan, fail) != 0)
			return -1;
		request.scan = buf_text(&scan);
	}
	if (request.value != NULL && strcmp(request.value, "-") == 0 && param_info(request.param)->secret) {
		if (read_secret(&secret, fail) != 0)
			return -1;
		request.value = buf_text(&secret);
	}
	if (enter_sandbox(home, true, fail) != 0)
		return -1;
	int result = change(home, &request, &discarded, fail);
	if (result == 0 && discarded > 0) /* said on standard error: it is no output of `set` */
		cli_say(&cli, "discarded %zu report%s waiting to be sent", discarded,
			discarded == 1 ? "" : "s");
	return result;
}

int main(int argc, char **argv)
{
	int first = cli_parse(&cli, argc, argv);
	const struct verb *verb = find_verb(argv[first]);
	int count = argc - first - 1;
	struct home home;
	struct fail fail;

	if (verb == NULL) {
		char shown[64];
		return cli_usage(
			&cli, "%s: no such command; there are get, query, set, add, remove and reset",
			text_mask((const uint8_t *)argv[first], strlen(argv[first]), shown, sizeof shown));
	}
	if (count < verb->least)
		return cli_usage(&cli, "%s: an operand is missing", verb->name);
	if (count > verb->most)
		return cli_usage(&cli, "%s: one operand too many", verb->name);
	if ((all || advanced) && (strcmp(verb->name, "query") != 0 || count > 0))
		return cli_usage(&cli, "--all, --advanced: go with query alone");
	if (sandbox_hide_memory(&fail) != 0 || sandbox_limit(SANDBOX_FILES, &fail) != 0 ||
	    home_init(&home, getenv("SAV_HOME"), &fail) != 0)
		return cli_fail(&cli, &fail);
	int result = verb->deed == SHOW ? show(&home, count, argv + first + 1, &fail)
					: run_change(&home, verb, count, argv + first + 1, &fail);
	if (result == 0)
		return EX_OK;
	if (fail.status == EX_NOPERM && fail.hint[0] == '\0' && geteuid() != 0)
		(void)fail_hint(&fail, "the settings are root's; try sudo savconfig");
	return cli_fail(&cli, &fail);
}
