#include "cmd/sav-send/apart.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASK_MS = 250, PIECE = 4096 };

/* Returns the child, or -1; *from is where its outcome is read. */
static pid_t start(void (*work)(void *, void *), void *context, void *outcome, size_t size, int *from)
{
	int ends[2];
	const pid_t here = getpid();

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	pid_t child = fork();
	if (child == 0) {
		/* the second, for a parent that died before the first */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != here)
			_exit(errno); /* the status tells why, see told_why() */
		work(context, outcome);
		_exit(io_write_all(ends[1], outcome, size) == 0 ? EX_OK : errno);
	}
	int error = errno;
	(void)close(ends[1]);
	if (child < 0)
		(void)close(ends[0]);
	errno = error;
	*from = ends[0];
	return child;
}

/* Why the child left no outcome. */
static int told_why(int status, struct fail *fail)
{
	if (WIFSIGNALED(status))
		return fail_set(fail, EX_TEMPFAIL, "the process for the network: ended by signal %d",
				WTERMSIG(status));
	errno = WEXITSTATUS(status);
	if (errno == 0)
		return fail_set(fail, EX_TEMPFAIL, "the process for the network: ended early");
	return fail_errno(fail, EX_TEMPFAIL, "the process for the network");
}

/* What the child says up to its end, in however many pieces. */
static int listen_to(int fd, int (*go_on)(void *context, struct fail *fail), void *context,
		     struct buf *answer, struct fail *fail)
{
	struct pollfd from = {.fd = fd, .events = POLLIN};
	uint8_t piece[PIECE];

	for (;;) {
		int ready = poll(&from, 1, ASK_MS);
		if (ready == 0 && go_on(context, fail) != 0)
			return -1;
		if (ready == 0)
			continue;
		ssize_t size = ready > 0 ? read(fd, piece, sizeof piece) : -1;
		if (size < 0 && errno == EINTR)
			continue;
		if (size == 0)
			return 0;
		if (size < 0 ||
		    buf_add(answer, piece, (size_t)size) != 0) /* what became of the report is not known */
			return fail_errno(fail, EX_TEMPFAIL, "the process for the network");
	}
}

int apart_run(void (*work)(void *context, void *outcome), int (*before)(void *context, struct fail *fail),
	      int (*go_on)(void *context, struct fail *fail), void *context, void *outcome, size_t size,
	      struct fail *fail)
{
	auto_buf struct buf answer = BUF_INIT(size);
	int from;
	int status = 0;

	pid_t child = start(work, context, outcome, size, &from);
	if (child < 0)
		return fail_errno(fail, EX_OSERR, "a process for the network");
	auto_close int fd = from;
	int result = before(context, fail);
	if (result == 0)
		result = listen_to(fd, go_on, context, &answer, fail);
	if (result != 0)
		(void)kill(child, SIGKILL); /* it may be gone already */
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (result != 0)
		return -1;
	if (answer.size != size)
		return told_why(status, fail);
	memcpy(outcome, answer.data, size);
	return 0;
}
