#include "cmd/sls-alert/reload.h"

#include "cmd/sls-alert/cage.h"
#include "cmd/sls-alert/check.h"
#include "cmd/sls-alert/lanes.h"
#include "cmd/sls-alert/monitor.h"
#include "cmd/sls-alert/run_state.h"
#include "cmd/sls-alert/service.h"
#include "cmd/sls-alert/world.h"
#include "lib/alert/config.h"
#include "lib/alert/output.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"

/* Says why the old lanes stay; they try at once what is held. */
static void keep(const struct run *run, const struct fail *fail)
{
	(void)cli_fail(run->options->cli, fail);
	for (size_t i = 0; i < run->lane_count; i++)
		output_reopen(run->lanes[i].output);
	service_ready(run, fail);
}

/* The old lanes have been halted. */
static int exchange(struct run *run, struct config *fresh, struct fail *fail)
{
	struct lane lanes[CONFIG_OUTPUTS_MAX];
	size_t count;

	if (lanes_open(run, fresh, lanes, &count, fail) != 0) {
		config_free(fresh);
		keep(run, fail);
		return lanes_resume(run, fail);
	}
	monitor_look(run, true); /* these lanes' last figures */
	int result = lanes_attach(run, lanes, count, fail);
	config_free(*run->config);
	*run->config = fresh;
	if (result != 0 || lanes_start(run, fail) != 0)
		return -1;
	cli_say(run->options->cli, "%s: read again", run->options->config_path);
	check_warn(run->options->cli, fresh, run->world->now());
	service_ready(run, NULL);
	return 0;
}

int reload_config(struct run *run, struct fail *fail)
{
	service_reloading(run);
	struct config *fresh = config_load(run->options->config_path, world_lookup, fail);

	run->reloads = false;
	if (fresh != NULL && cage_check(&run->cage, fresh, fail) != 0) {
		config_free(fresh);
		fresh = NULL;
	}
	if (fresh == NULL) {
		keep(run, fail);
		return 0;
	}
	if (lanes_halt(run))
		return exchange(run, fresh, fail);
	config_free(fresh);
	(void)fail_set(fail, EX_TEMPFAIL, "configuration: not changed, as an output hangs");
	(void)fail_hint(fail, "send SIGHUP again when its server answers");
	keep(run, fail);
	return lanes_resume(run, fail);
}
