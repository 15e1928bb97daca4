/* sav-encrypt: seals what it reads for the holder of a secret key. */
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/sandbox.h"
#include "lib/conf/conf.h"
#include "lib/conf/home.h"
#include "lib/format/seal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *key_path;
static const char *output;

static const struct cli_option options[] = {
	{"key", 'k', "FILE.pub", "Public key (default: FeedbackKeyFile's)", .text = &key_path},
	{"output", 'o', "FILE", "Write the blob to FILE (default: standard output)", .text = &output},
	{.name = NULL},
};

static const struct cli cli = {
	.name = "sav-encrypt",
	.usage = "[-k FILE.pub] [-o FILE] [FILE]",
	.about = "Seals a report so that only the holder of the secret key can read it. The size\n"
		 "of the blob tells the size of the report only to within 800 bytes.",
	.options = options,
	.operands_max = 1,
};

/* The key that -k names, else the installation's. */
static int load_key(struct seal_key *key, struct fail *fail)
{
	struct home home;
	char path[PATH_MAX];

	if (key_path != NULL)
		return seal_load_public(key_path, key, fail);
	if (home_init(&home, getenv("SAV_HOME"), fail) != 0)
		return -1;
	auto_conf struct conf *conf = conf_load(&home, fail);
	if (conf == NULL)
		return -1;
	const char *configured = conf_text(conf, PARAM_FEEDBACK_KEY_FILE);
	if (configured == NULL && home_path(&home, HOME_PUBLIC_KEY, path, fail) != 0)
		return -1;
	if (seal_load_public(configured != NULL ? configured : path, key, fail) == 0)
		return 0;
	if (fail->status == EX_NOINPUT)
		return fail_hint(fail, "give -k FILE.pub, or install the receiver's public key there");
	return -1;
}

/* Reading, and the folder of -o. No network, no programs. */
static int drop_rights(const char *written, struct fail *fail)
{
	struct sandbox sandbox;

	if (sandbox_begin(&sandbox, 0, fail) != 0 || sandbox_allow(&sandbox, "/", SANDBOX_READ, fail) != 0 ||
	    sandbox_allow_beside(&sandbox, written, fail) != 0)
		return -1;
	return cli_enter_sandbox(&cli, &sandbox, fail);
}

static int seal_report(const char *path, struct buf *blob, struct fail *fail)
{
	auto_buf_secret struct buf report = BUF_INIT(SEAL_INPUT_MAX);
	struct seal_key key;

	if (load_key(&key, fail) != 0 || io_read_input(path, &report, fail) != 0)
		return -1;
	if (seal_close(&key, report.data, report.size, blob, fail) != 0)
		return fail_prefix(fail, "%s",
				   path == NULL || strcmp(path, "-") == 0 ? "standard input" : path);
	return 0;
}

int main(int argc, char **argv)
{
	auto_buf struct buf blob = BUF_INIT(SEAL_BLOB_MAX);
	struct fail fail;
	int operand = cli_parse(&cli, argc, argv);
	bool to_standard_output = output == NULL || strcmp(output, "-") == 0;

	if (to_standard_output && isatty(STDOUT_FILENO))
		return cli_usage(&cli,
				 "standard output: a blob is not for terminals; give -o FILE or a pipe");
	if (sandbox_hide_memory(&fail) != 0 || sandbox_limit(SANDBOX_FILES, &fail) != 0 ||
	    seal_init(&fail) != 0 || drop_rights(to_standard_output ? NULL : output, &fail) != 0)
		return cli_fail(&cli, &fail);
	if (seal_report(argv[operand], &blob, &fail) != 0)
		return cli_fail(&cli, &fail);
	int result = to_standard_output
			     ? cli_write(blob.data, blob.size, &fail)
			     : io_put_file(AT_FDCWD, output, IO_REPLACE, 0644, blob.data, blob.size, &fail);
	return result == 0 ? EX_OK : cli_fail(&cli, &fail);
}
