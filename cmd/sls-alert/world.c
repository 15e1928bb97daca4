#include "cmd/sls-alert/world.h"

#include "lib/base/fail.h"
#include "lib/net/proxyenv.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

enum { MILLISECONDS = 1000, MICROSECONDS_MS = 1000, MICROSECONDS = 1000000, NANOSECONDS_US = 1000 };

static int64_t clock_us(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now) != 0)
		abort(); /* both clocks exist on every Linux */
	return (int64_t)now.tv_sec * MICROSECONDS + now.tv_nsec / NANOSECONDS_US;
}

static int64_t clock_ms(clockid_t id)
{
	return clock_us(id) / MICROSECONDS_MS;
}

int64_t world_monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static int64_t monotonic_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t world_now_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

static time_t now(void)
{
	return (time_t)(clock_ms(CLOCK_REALTIME) / MILLISECONDS);
}

static uint32_t draw(void)
{
	uint32_t number;

	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		abort(); /* four bytes come whole, always, once any have come: world_init has seen to that */
	return number;
}

const char *world_lookup(const char *name)
{
	return getenv(name);
}

static int find_proxy(const struct url *target, struct url *proxy, struct fail *fail)
{
	struct proxyenv env;

	proxyenv_read(&env, getenv);
	return proxyenv_find(&env, target, proxy, fail);
}

int world_init(struct output_world *world, struct fail *fail)
{
	static char hostname[HOST_NAME_MAX + 1];
	uint32_t number;

	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		return fail_errno(fail, EX_OSERR, "random numbers");
	/* A name with what RFC 5424 does not allow, or none, is "-". */
	if (gethostname(hostname, sizeof hostname) != 0)
		hostname[0] = '\0';
	hostname[HOST_NAME_MAX] = '\0';
	for (const char *at = hostname; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~')
			hostname[0] = '\0';
	if (hostname[0] == '\0')
		memcpy(hostname, "-", sizeof "-");
	*world = (struct output_world){
		.monotonic_ms = monotonic_ms,
		.now = now,
		.random = draw,
		.hostname = hostname,
		.version = SAV_VERSION,
		.pid = (long)getpid(),
		.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.find_proxy = find_proxy,
	};
	return world->event_fd < 0 ? fail_errno(fail, EX_OSERR, "eventfd") : 0;
}
