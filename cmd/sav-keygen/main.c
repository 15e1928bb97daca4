/* sav-keygen: makes the receiver's key pair, or prints the public half of a secret key. */
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/sandbox.h"
#include "lib/format/seal.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *output;
static const char *secret_path;

static const struct cli_option options[] = {
	{"output", 'o', "NAME", "Write NAME.key (secret, 0600) and NAME.pub", .text = &output},
	{"public", 'y', "FILE.key", "Print the public key of this secret one", .text = &secret_path},
	{.name = NULL},
};

static const struct cli cli = {
	.name = "sav-keygen",
	.usage = "-o NAME\n-y FILE.key",
	.about = "Makes the key pair of the receiving side. The public key goes to every host; the\n"
		 "secret one opens the reports and stays there. Nothing is overwritten.",
	.options = options,
};

/* With -o: the folder of NAME, and reading nothing else. With -y: reading that file. */
static int drop_rights(struct fail *fail)
{
	struct sandbox sandbox;

	if (sandbox_begin(&sandbox, 0, fail) != 0)
		return -1;
	if (secret_path != NULL && sandbox_allow(&sandbox, secret_path, SANDBOX_READ, fail) != 0)
		return -1;
	if (sandbox_allow_beside(&sandbox, output, fail) != 0)
		return -1;
	return cli_enter_sandbox(&cli, &sandbox, fail);
}

/* NAME.key first: a public key without its secret one would seal reports that nobody opens. */
static int write_pair(const char *name, struct fail *fail)
{
	auto_buf_secret struct buf secret_text = BUF_INIT(SEAL_KEY_FILE_MAX);
	auto_buf struct buf public_text = BUF_INIT(SEAL_KEY_FILE_MAX);
	struct seal_key secret;
	struct seal_key public_key;
	char key_path[PATH_MAX];
	char pub_path[PATH_MAX];

	if (strlen(name) + sizeof ".key" > PATH_MAX)
		return fail_set(fail, EX_CANTCREAT, "%.64s...: name too long", name);
	(void)snprintf(key_path, sizeof key_path, "%s.key", name); /* measured above */
	(void)snprintf(pub_path, sizeof pub_path, "%s.pub", name);
	if (access(pub_path, F_OK) == 0) {
		(void)fail_set(fail, EX_CANTCREAT, "%s: exists and is not overwritten", pub_path);
		return fail_hint(fail,
				 "give another NAME; what was sealed for the old key needs the old one");
	}
	seal_make_pair(&public_key, &secret);
	int formatted = buf_add_text(&secret_text, SEAL_SECRET_MARK "\n") |
			seal_format_key(&secret, &secret_text) | seal_format_key(&public_key, &public_text);
	explicit_bzero(&secret, sizeof secret);
	if (formatted != 0)
		return fail_errno(fail, EX_OSERR, "%s", name);
	if (io_put_file(AT_FDCWD, key_path, IO_CREATE, 0600, secret_text.data, secret_text.size, fail) != 0)
		return -1;
	if (io_put_file(AT_FDCWD, pub_path, IO_CREATE, 0644, public_text.data, public_text.size, fail) == 0)
		return 0;
	(void)unlink(key_path); /* the pair or nothing; the failure to tell is the first */
	return -1;
}

static int print_public(const char *path, struct fail *fail)
{
	auto_buf struct buf text = BUF_INIT(SEAL_KEY_FILE_MAX);
	struct seal_key secret;
	struct seal_key public_key;

	if (seal_load_secret(path, &secret, fail) != 0)
		return -1;
	seal_public_of(&secret, &public_key);
	explicit_bzero(&secret, sizeof secret);
	if (seal_format_key(&public_key, &text) != 0)
		return fail_errno(fail, EX_OSERR, "%s", path);
	return cli_write(text.data, text.size, fail);
}

int main(int argc, char **argv)
{
	struct fail fail;

	(void)cli_parse(&cli, argc, argv); /* takes no operands */
	if ((output == NULL) == (secret_path == NULL))
		return cli_usage(&cli, "-o, -y: give one of them");
	if (output != NULL && (output[0] == '\0' || output[strlen(output) - 1] == '/'))
		return cli_usage(&cli, "--output: NAME is that of two files, NAME.key and NAME.pub");
	if (sandbox_hide_memory(&fail) != 0 || sandbox_limit(SANDBOX_FILES, &fail) != 0 ||
	    seal_init(&fail) != 0 || drop_rights(&fail) != 0)
		return cli_fail(&cli, &fail);
	int result = output != NULL ? write_pair(output, &fail) : print_public(secret_path, &fail);
	return result == 0 ? EX_OK : cli_fail(&cli, &fail);
}
