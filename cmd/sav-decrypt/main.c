/* sav-decrypt: opens sealed reports with the receiver's secret keys. */
#include "cmd/sav-decrypt/many.h"
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/num.h"
#include "lib/base/sandbox.h"
#include "lib/format/seal.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct cli_list key_paths;
static const char *output;
static const char *bad;
static const char *jobs_text;
static bool ndjson;
static bool resume;

static const struct cli_option options[] = {
	{"key", 'k', "FILE.key", "Secret key; several: each is tried", .list = &key_paths},
	{"output", 'o', "FILE", "Write the report to FILE (default: standard output)", .text = &output},
	{"ndjson", 0, NULL, "Open many: one line of JSON a report", .flag = &ndjson},
	{"bad", 0, "DIR", "Move blobs that do not open to DIR", .text = &bad},
	{"jobs", 'j', "N", "Threads (default: one a processor)", .text = &jobs_text},
	{"resume", 0, NULL, "Go on where a run that was cut off stopped", .flag = &resume},
	{.name = NULL},
};

static const struct cli cli = {
	.name = "sav-decrypt",
	.usage = "-k FILE.key... [-o FILE] [FILE]\n-k FILE.key... --ndjson [OPTION]... FILE|DIR...",
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

/* No network, no programs, and no place to write but the folder of -o and, with --bad, that one and those
 * it empties. */
static int drop_rights(char *const *paths, struct fail *fail)
{
	struct sandbox sandbox;

	if (sandbox_begin(&sandbox, 0, fail) != 0 || sandbox_allow(&sandbox, "/", SANDBOX_READ, fail) != 0 ||
	    sandbox_allow_beside(&sandbox, output, fail) != 0)
		return -1;
	if (bad != NULL && sandbox_allow(&sandbox, bad, SANDBOX_READ | SANDBOX_WRITE, fail) != 0)
		return -1;
	for (; bad != NULL && *paths != NULL; paths++)
		if (sandbox_allow(&sandbox, *paths, SANDBOX_READ | SANDBOX_WRITE, fail) != 0 ||
		    sandbox_allow_beside(&sandbox, *paths, fail) != 0)
			return -1;
	return cli_enter_sandbox(&cli, &sandbox, fail);
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
	if (output == NULL)
		return cli_write(report.data, report.size, fail);
	return io_put_file(AT_FDCWD, output, IO_REPLACE, 0600, report.data, report.size, fail);
}

/* One thread for each processor that this process may use. */
static unsigned processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

	return count > MANY_JOBS_MAX ? MANY_JOBS_MAX : (unsigned)count;
}

static int run(const struct seal_pair *pairs, char *const *operands, size_t operand_count, unsigned jobs,
	       struct fail *fail)
{
	const struct many many = {
		.cli = &cli,
		.pairs = pairs,
		.pair_count = key_paths.count,
		.paths = operands,
		.path_count = operand_count,
		.jobs = jobs,
		.output = output,
		.resume = resume,
		.bad = bad,
	};

	return ndjson ? many_open(&many, fail) : open_one(pairs, key_paths.count, operands[0], fail);
}

/* What the table of options cannot say. Returns 0, or EX_USAGE after complaining. */
static int check_options(char *const *operands, size_t operand_count)
{
	if (key_paths.count == 0)
		return cli_usage(&cli, "no secret key: give -k FILE.key");
	if (ndjson && operand_count == 0)
		return cli_usage(&cli, "--ndjson: needs a file or a folder");
	if (!ndjson && operand_count > 1)
		return cli_usage(&cli, "%s: one operand too many without --ndjson", operands[1]);
	if (!ndjson && (bad != NULL || jobs_text != NULL || resume))
		return cli_usage(&cli, "--bad, --jobs, --resume: need --ndjson");
	if (resume && output == NULL)
		return cli_usage(&cli, "--resume: needs -o FILE");
	return 0;
}

int main(int argc, char **argv)
{
	struct fail fail;
	int operand = cli_parse(&cli, argc, argv);
	int64_t jobs = processors();

	if (output != NULL && strcmp(output, "-") == 0)
		output = NULL;
	if (check_options(argv + operand, (size_t)(argc - operand)) != 0)
		return EX_USAGE;
	if (jobs_text != NULL && num_parse(jobs_text, 1, MANY_JOBS_MAX, &jobs) != 0)
		return cli_usage(&cli, "--jobs %s: not a number from 1 to %d", jobs_text, MANY_JOBS_MAX);

	struct seal_pair *pairs = calloc(key_paths.count, sizeof *pairs);
	if (pairs == NULL) {
		(void)fail_errno(&fail, EX_OSERR, "keys");
		return cli_fail(&cli, &fail);
	}
	int result = -1;
	if (sandbox_hide_memory(&fail) == 0 && seal_init(&fail) == 0 &&
	    drop_rights(argv + operand, &fail) == 0 && load_pairs(&key_paths, pairs, &fail) == 0)
		result = run(pairs, argv + operand, (size_t)(argc - operand), (unsigned)jobs, &fail);
	explicit_bzero(pairs, key_paths.count * sizeof *pairs);
	free(pairs);
	return result == 0 ? EX_OK : cli_fail(&cli, &fail);
}
