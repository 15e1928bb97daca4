#include "lib/base/notify.h"

#include "lib/base/fail.h"
#include "lib/base/text.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { STATE_MAX = 128 };

int notify_open(const char *name, struct fail *fail)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval wait = {.tv_sec = NOTIFY_WAIT_S};
	size_t size = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || size < 2)
		return fail_set(fail, EX_UNAVAILABLE, "%s: neither an absolute path nor @NAME", name);
	if (size >= sizeof address.sun_path)
		return fail_set(fail, EX_UNAVAILABLE, "%s: longer than the name of a socket", name);
	memcpy(address.sun_path, name, size);
	if (name[0] == '@')
		address.sun_path[0] = '\0'; /* the name ends where its size says; source: unix(7) */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail_errno(fail, EX_OSERR, "%s", name);
	/* Before connect, so that nothing waits for ever; it takes any time. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	if (connect(fd, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) != 0) {
		(void)fail_errno(fail, EX_UNAVAILABLE, "%s", name);
		(void)close(fd); /* nothing was written */
		return -1;
	}
	return fd;
}

void notify_send(int fd, const char *state, const char *status)
{
	char shown[NOTIFY_STATUS_MAX + 1];
	char message[STATE_MAX + sizeof shown];

	if (fd < 0)
		return;
	text_mask((const uint8_t *)status, strlen(status), shown, sizeof shown);
	int size = snprintf(message, sizeof message, "%s\nSTATUS=%s", state, shown);
	/* Nobody else could be told of an error. */
	(void)send(fd, message, (size_t)size, MSG_NOSIGNAL);
}
