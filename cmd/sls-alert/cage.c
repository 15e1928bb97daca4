#include "cmd/sls-alert/cage.h"

#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/sandbox.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The folder, for a file is rotated and made anew in it. */
static int folder_of(const char *path, char folder[PATH_MAX], struct fail *fail)
{
	if (snprintf(folder, PATH_MAX, "%s", path) >= PATH_MAX)
		return fail_set(fail, EX_CANTCREAT, "%.64s...: name too long", path);
	char *slash = strrchr(folder, '/');
	if (slash == NULL)
		memcpy(folder, ".", sizeof ".");
	else
		slash[slash == folder ? 1 : 0] = '\0';
	return 0;
}

static int allow(struct cage *cage, struct sandbox *sandbox, const char *folder, struct fail *fail)
{
	struct stat status;

	if (stat(folder, &status) == 0) {
		cage->folders[cage->count].device = status.st_dev;
		cage->folders[cage->count].inode = status.st_ino;
		cage->count++;
	}
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

static bool is_file(const struct config_output *output)
{
	return output->enabled && output->type == CONFIG_FILE;
}

/* Reading stays possible everywhere: certificates, lists and what names are resolved with may be read
 * again at any time. */
int cage_enter(struct cage *cage, const struct cli *cli, const struct config *config, const char *spool,
	       const char *metrics, struct fail *fail)
{
	struct sandbox sandbox;
	char folder[PATH_MAX];

	*cage = (struct cage){0};
	if (sandbox_begin(&sandbox, SANDBOX_CONNECT, fail) != 0 ||
	    sandbox_allow(&sandbox, "/", SANDBOX_READ, fail) != 0)
		return -1;
	if (spool != NULL && allow(cage, &sandbox, spool, fail) != 0)
		return -1;
	if (metrics != NULL &&
	    (folder_of(metrics, folder, fail) != 0 || allow(cage, &sandbox, folder, fail) != 0))
		return -1;
	for (size_t i = 0; i < config->output_count; i++)
		if (is_file(&config->outputs[i]) && (folder_of(config->outputs[i].path, folder, fail) != 0 ||
						     allow(cage, &sandbox, folder, fail) != 0))
			return -1;
	if (sandbox_enter(&sandbox, &cage->active, fail) != 0)
		return -1;
	cli_warn_unconfined(cli, cage->active, true);
	return 0;
}

static bool has(const struct cage *cage, const char *folder)
{
	struct stat status;

	for (size_t i = 0; stat(folder, &status) == 0 && i < cage->count; i++)
		if (cage->folders[i].device == status.st_dev && cage->folders[i].inode == status.st_ino)
			return true;
	return false;
}

/* What lies in an allowed folder is allowed, however deep. */
static bool is_below(const struct cage *cage, const char *folder)
{
	char real[PATH_MAX];

	if (realpath(folder, real) == NULL)
		return true; /* opening it tells why */
	while (!has(cage, real)) {
		char *slash = strrchr(real, '/');
		if (slash == real)
			return has(cage, "/");
		*slash = '\0';
	}
	return true;
}

int cage_check(const struct cage *cage, const struct config *config, struct fail *fail)
{
	char folder[PATH_MAX];

	for (size_t i = 0; cage->active && i < config->output_count; i++) {
		const struct config_output *output = &config->outputs[i];
		if (!is_file(output))
			continue;
		if (folder_of(output->path, folder, fail) != 0)
			return -1;
		if (is_below(cage, folder))
			continue;
		(void)fail_set(
			fail, EX_CONFIG,
			"%s: %s: no output wrote into this folder at the start, so the sandbox forbids it",
			output->id, folder);
		return fail_hint(fail,
				 "the settings from before stay in force; to change them, restart sls-alert");
	}
	return 0;
}
