#include "cmd/sls-alert/service.h"

#include "cmd/sls-alert/run_state.h"
#include "cmd/sls-alert/world.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int service_open(const struct cli *cli)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct fail fail;

	if (name == NULL)
		return -1;
	int fd = notify_open(name, &fail);
	if (fd < 0)
		cli_warn(cli, "NOTIFY_SOCKET: %s", fail.text);
	(void)unsetenv("NOTIFY_SOCKET"); /* fails for names that are none */
	return fd;
}

void service_ready(const struct run *run, const struct fail *refused)
{
	char status[NOTIFY_STATUS_MAX];

	(void)snprintf(status, sizeof status, "outputs: %zu%s%s", run->lane_count,
		       refused == NULL ? "" : "; settings as before: ", refused == NULL ? "" : refused->text);
	notify_send(run->options->notify_fd, "READY=1", status);
}

void service_reloading(const struct run *run)
{
	char state[64];

	(void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, world_monotonic_us());
	notify_send(run->options->notify_fd, state, "reading the settings again");
}

void service_stopping(const struct run *run)
{
	notify_send(run->options->notify_fd, "STOPPING=1", "delivering the rest");
}
