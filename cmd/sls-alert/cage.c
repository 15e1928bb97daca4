#include "cmd/sls-alert/cage.h"

#include "lib/alert/config.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/sandbox.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The folder, for a file is rotated and made anew in it. */
static int allow_file(struct sandbox *sandbox, const char *path, struct fail *fail)
{
	char folder[PATH_MAX];

	if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder)
		return fail_set(fail, EX_CANTCREAT, "%.64s...: name too long", path);
	char *slash = strrchr(folder, '/');
	if (slash == NULL)
		memcpy(folder, ".", sizeof ".");
	else
		slash[slash == folder ? 1 : 0] = '\0';
	return sandbox_allow(sandbox, folder, SANDBOX_READ | SANDBOX_WRITE, fail);
}

/* What reads the settings starts nothing, and listens to nobody. Where it may write, only the settings tell. */
int cage_enter_reading(bool writes, struct fail *fail)
{
	const unsigned rights = SANDBOX_READ | (writes ? SANDBOX_WRITE : 0);
	struct sandbox sandbox;
	bool active;

	if (sandbox_begin(&sandbox, writes ? SANDBOX_CONNECT : 0, fail) != 0 ||
	    sandbox_allow(&sandbox, "/", rights, fail) != 0)
		return -1;
	return sandbox_enter(&sandbox, &active, fail);
}

/* Reading stays possible everywhere: certificates, lists and what names are resolved with may be read
 * again at any time. */
int cage_enter(const struct cli *cli, const struct config *config, const char *spool, const char *metrics,
	       struct fail *fail)
{
	struct sandbox sandbox;
	bool active;

	if (sandbox_begin(&sandbox, SANDBOX_CONNECT, fail) != 0 ||
	    sandbox_allow(&sandbox, "/", SANDBOX_READ, fail) != 0)
		return -1;
	if (spool != NULL && sandbox_allow(&sandbox, spool, SANDBOX_READ | SANDBOX_WRITE, fail) != 0)
		return -1;
	if (metrics != NULL && allow_file(&sandbox, metrics, fail) != 0)
		return -1;
	for (size_t i = 0; i < config->output_count; i++) {
		const struct config_output *output = &config->outputs[i];
		if (output->enabled && output->type == CONFIG_FILE &&
		    allow_file(&sandbox, output->path, fail) != 0)
			return -1;
	}
	if (sandbox_enter(&sandbox, &active, fail) != 0)
		return -1;
	cli_warn_unconfined(cli, active, true);
	return 0;
}
