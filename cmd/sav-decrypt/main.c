/* sav-decrypt: opens sealed reports with the receiver's secret keys. */
#include "cmd/sav-decrypt/many.h"
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/sandbox.h"
#include "lib/format/seal.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct cli_list key_paths;
static const char *output;
static bool ndjson;

static const struct cli_option options[] = {
	{"key", 'k', "FILE.key", "Secret key; several: each is tried", .list = &key_paths},
	{"output", 'o', "FILE", "Write the report to FILE (default: standard output)", .text = &output},
	{"ndjson", 0, NULL, "Open many: one line of JSON a report", .flag = &ndjson},
	{NULL},
};

static const struct cli cli = {
	.name = "sav-decrypt",
	.usage = "-k FILE.key... [-o FILE] [FILE]\n-k FILE.key... --ndjson FILE|DIR...",
	.about = "Opens what sav-encrypt sealed. With --ndjson it opens every file, and every file\n"
		 "of every folder, names on standard error what does not open, and goes on.",
	.options = options,
	.operands_max = CLI_MANY,
};

static int load_pairs(const struct cli_list *paths, struct seal_pair *pairs, struct fail *fail)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (seal_load_secret(paths->items[i], &pairs[i].secret, fail) != 0)
			return -1;
		seal_public_of(&pairs[i].secret, &pairs[i].public_key);
	}
	return 0;
}

/* No network, no programs, and no place to write but the folder of -o. */
static int drop_rights(struct fail *fail)
{
	struct sandbox sandbox;
	bool active;
	char folder[PATH_MAX];

	if (sandbox_begin(&sandbox, 0, fail) != 0 || sandbox_allow(&sandbox, "/", SANDBOX_READ, fail) != 0)
		return -1;
	if (output != NULL && strlen(output) < sizeof folder) {
		memcpy(folder, output, strlen(output) + 1);
		if (sandbox_allow(&sandbox, dirname(folder), SANDBOX_READ | SANDBOX_WRITE, fail) != 0)
			return -1;
	}
	return sandbox_enter(&sandbox, &active, fail);
}

static int open_one(const struct seal_pair *pairs, size_t count, const char *path, struct fail *fail)
{
	auto_buf struct buf blob = BUF_INIT(SEAL_BLOB_MAX);
	auto_buf_secret struct buf report = BUF_INIT(SEAL_BLOB_MAX);

	if (io_read_input(path, &blob, fail) != 0)
		return -1;
	if (seal_open(pairs, count, blob.data, blob.size, &report, fail) != 0)
		return fail_prefix(fail, "%s",
				   path == NULL || strcmp(path, "-") == 0 ? "standard input" : path);
	if (output == NULL || strcmp(output, "-") == 0)
		return cli_write(report.data, report.size, fail);
	return io_put_file(AT_FDCWD, output, IO_REPLACE, 0600, report.data, report.size, fail);
}

int main(int argc, char **argv)
{
	struct fail fail;
	int operand = cli_parse(&cli, argc, argv);
	size_t operands = (size_t)(argc - operand);

	if (key_paths.count == 0)
		return cli_usage(&cli, "no secret key: give -k FILE.key");
	if (ndjson && output != NULL)
		return cli_usage(&cli, "--ndjson writes to standard output: -o has no place there");
	if (ndjson && operands == 0)
		return cli_usage(&cli, "--ndjson needs a file or a folder");
	if (!ndjson && operands > 1)
		return cli_usage(&cli, "%s: one operand too many without --ndjson", argv[operand + 1]);

	struct seal_pair *pairs = calloc(key_paths.count, sizeof *pairs);
	if (pairs == NULL)
		return EX_OSERR;
	int result = -1;
	if (sandbox_hide_memory(&fail) == 0 && seal_init(&fail) == 0 && drop_rights(&fail) == 0 &&
	    load_pairs(&key_paths, pairs, &fail) == 0)
		result = ndjson ? many_open(&cli, pairs, key_paths.count, argv + operand, &fail)
				: open_one(pairs, key_paths.count, argv[operand], &fail);
	seal_wipe(pairs, key_paths.count * sizeof *pairs);
	free(pairs);
	return result == 0 ? EX_OK : cli_fail(&cli, &fail);
}
