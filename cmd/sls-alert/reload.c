#include "cmd/sls-alert/reload.h"

#include "cmd/sls-alert/cage.h"
#include "cmd/sls-alert/lanes.h"
#include "cmd/sls-alert/run_state.h"
#include "cmd/sls-alert/world.h"
#include "lib/alert/config.h"
#include "lib/alert/output.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"

int reload_config(struct run *run, struct fail *fail)
{
	struct config *fresh = config_load(run->options->config_path, world_lookup, fail);

	run->reloads = false;
	if (fresh != NULL && cage_check(&run->cage, fresh, fail) != 0) {
		config_free(fresh);
		fresh = NULL;
	}
	if (fresh == NULL) {
		(void)cli_fail(run->options->cli, fail);
		for (size_t i = 0; i < run->lane_count; i++)
			output_reopen(run->lanes[i].output);
		return 0;
	}
	if (!lanes_halt(run)) {
		config_free(fresh);
		(void)fail_set(fail, EX_TEMPFAIL, "configuration: not changed, as an output hangs");
		return fail_hint(fail, "send SIGHUP again when its server answers");
	}
	lanes_close(run);
	if (lanes_try(run, fresh, fail) != 0) {
		(void)cli_fail(run->options->cli, fail);
		config_free(fresh);
		return lanes_try(run, *run->config, fail);
	}
	config_free(*run->config);
	*run->config = fresh;
	cli_say(run->options->cli, "%s: read again", run->options->config_path);
	return 0;
}
