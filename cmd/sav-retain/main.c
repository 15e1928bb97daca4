/* sav-retain: removes raw reports that have reached their age. */
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/num.h"
#include "lib/base/sandbox.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"
#include "lib/report/retain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SHOWN_MAX = 1024, PATH_SHOWN_MAX = 4 * PATH_MAX }; /* "\xNN" for each byte */

static const char *days_text;
static bool dry_run;

static const struct cli_option options[] = {
	{"days", 0, "N", "Age in days at which a file is removed", .text = &days_text},
	{"dry-run", 'n', NULL, "Print what would be removed, and remove nothing", .flag = &dry_run},
	{.name = NULL},
};

static const struct cli cli = {
	.name = "sav-retain",
	.usage = "--days N [-n] DIR...",
	.about = "Removes the files directly in each DIR that have reached the age of N days, and\n"
		 "prints how many. Links are not followed, folders inside not entered.",
	.options = options,
	.operands_min = 1,
	.operands_max = CLI_MANY,
};

struct tally {
	size_t removed;
	size_t kept;
	size_t other;   /* folders, links, devices */
	size_t unknown; /* dated ahead */
	size_t failed;
};

struct work {
	const char *path;
	char shown[PATH_SHOWN_MAX]; /* the path as a terminal may have it */
	int folder_fd;
	time_t now;
	int days;
	struct tally tally;
};

static void complain(struct work *work, const char *name)
{
	cli_say(&cli, "%s/%s: %s", work->path, name, strerror(errno));
	work->tally.failed++;
}

static void remove_file(struct work *work, const char *name)
{
	char shown[SHOWN_MAX];

	if (dry_run)
		/* cli_flush tells whether it arrived. */
		(void)printf("%s/%s\n", work->shown,
			     text_mask((const uint8_t *)name, strlen(name), shown, sizeof shown));
	else if (unlinkat(work->folder_fd, name, 0) != 0 && errno != ENOENT) {
		complain(work, name);
		return;
	}
	work->tally.removed++;
}

static void look_at(struct work *work, const char *name)
{
	struct stat status;

	if (fstatat(work->folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT) /* else somebody was faster */
			complain(work, name);
		return;
	}
	if (!S_ISREG(status.st_mode)) {
		work->tally.other++;
		return;
	}
	switch (retain_judge(work->now, status.st_mtime, status.st_ctime, work->days)) {
	case RETAIN_KEEP:
		work->tally.kept++;
		break;
	case RETAIN_REMOVE:
		remove_file(work, name);
		break;
	case RETAIN_UNKNOWN:
		work->tally.unknown++;
		break;
	}
}

/* Looks at every entry, hidden ones, too: an upload that was cut off is as raw as one that was not. */
static int walk(struct work *work, struct fail *fail)
{
	DIR *folder = io_list(openat(work->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *entry;

	if (folder == NULL)
		return fail_errno(fail, EX_OSERR, "%s", work->path);
	while (errno = 0, (entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			look_at(work, entry->d_name);
	int error = errno;
	(void)closedir(folder); /* was only read */
	errno = error;
	if (error != 0)
		return fail_errno(fail, EX_IOERR, "%s", work->path);
	if (work->tally.removed > 0 && !dry_run && fsync(work->folder_fd) != 0)
		return fail_errno(fail, EX_IOERR, "%s", work->path);
	return 0;
}

static void print_tally(const struct work *work)
{
	const struct tally *tally = &work->tally;

	/* cli_flush tells whether it arrived. */
	(void)printf("%s: %zu %s, %zu kept", work->shown, tally->removed,
		     dry_run ? "to be removed" : "removed", tally->kept);
	if (tally->other > 0)
		(void)printf(", %zu no files", tally->other);
	if (tally->unknown > 0)
		(void)printf(", %zu dated ahead", tally->unknown);
	if (tally->failed > 0)
		(void)printf(", %zu failed", tally->failed);
	(void)putchar('\n');
}

/* A slash behind a link's name would lead to what it points to. */
static int open_bare(const char *path)
{
	char bare[PATH_MAX];
	size_t size = strlen(path);

	while (size > 1 && path[size - 1] == '/')
		size--;
	if (size >= sizeof bare) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(bare, path, size);
	bare[size] = '\0';
	return open(bare, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Opens the folder itself, no link to it, and checks what it really is. */
static int open_folder(const char *path, struct fail *fail)
{
	char link[sizeof "/proc/self/fd/" + 16];
	char real[PATH_MAX];
	char real_home[PATH_MAX];
	const char *home = getenv("HOME");
	int fd = open_bare(path);

	if (fd < 0)
		return fail_errno(fail, fail_status_of_errno(errno), "%s", path);
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t size = readlink(link, real, sizeof real);
	if (size < 0 || (size_t)size == sizeof real) {
		errno = size < 0 ? errno : ENAMETOOLONG;
		(void)fail_errno(fail, EX_OSERR, "%s: where it lies", path);
		(void)close(fd); /* was only looked at */
		return -1;
	}
	real[size] = '\0';
	if (home != NULL && realpath(home, real_home) != NULL)
		home = real_home;
	if (retain_check_folder(real, home, fail) == 0)
		return fd;
	(void)close(fd); /* was only looked at */
	return -1;
}

static int retain(struct work *work, struct fail *fail)
{
	auto_close int folder_fd = open_folder(work->path, fail);

	if (folder_fd < 0)
		return -1;
	work->folder_fd = folder_fd;
	if (walk(work, fail) != 0)
		return -1;
	print_tally(work);
	if (cli_flush(fail) != 0)
		return -1;
	if (work->tally.failed > 0)
		return fail_set(fail, EX_IOERR, "%s: %zu files not removed", work->path, work->tally.failed);
	if (work->tally.unknown > 0) {
		(void)fail_set(fail, EX_DATAERR, "%s: %zu files are dated more than a day ahead", work->path,
			       work->tally.unknown);
		return fail_hint(fail, "was the clock wrong? touch them, and they count from now");
	}
	return 0;
}

/* Nothing but the folders: no network, no programs, no other files. */
static int drop_rights(char *const *paths, struct fail *fail)
{
	struct sandbox sandbox;

	if (sandbox_begin(&sandbox, 0, fail) != 0)
		return -1;
	for (; *paths != NULL; paths++)
		if (sandbox_allow(&sandbox, *paths, SANDBOX_READ | SANDBOX_WRITE, fail) != 0)
			return -1;
	return cli_enter_sandbox(&cli, &sandbox, fail);
}

int main(int argc, char **argv)
{
	struct fail fail;
	char *const *paths = argv + cli_parse(&cli, argc, argv);
	int64_t days;
	int status = EX_OK;

	if (days_text == NULL)
		return cli_usage(&cli, "no age: give --days N");
	if (num_parse(days_text, 1, RETAIN_DAYS_MAX, &days) != 0)
		return cli_usage(&cli, "--days %s: not a number from 1 to %d", days_text, RETAIN_DAYS_MAX);
	if (sandbox_limit(SANDBOX_FILES, &fail) != 0 || drop_rights(paths, &fail) != 0)
		return cli_fail(&cli, &fail);
	for (; *paths != NULL; paths++) { /* one that fails does not keep the others */
		struct work work = {.path = *paths, .now = time(NULL), .days = (int)days};
		(void)text_mask((const uint8_t *)*paths, strlen(*paths), work.shown, sizeof work.shown);
		if (retain(&work, &fail) != 0)
			status = cli_fail(&cli, &fail);
	}
	return status;
}
