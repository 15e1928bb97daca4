#include "cmd/sav-decrypt/output.h"

#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int name_beside(const char *path, const char *suffix, char out[PATH_MAX], struct fail *fail)
{
	int size = snprintf(out, PATH_MAX, "%s%s", path, suffix);

	if (size < 0 || size >= PATH_MAX)
		return fail_set(fail, EX_CANTCREAT, "%.64s...: name too long", path);
	return 0;
}

/* Whether the descriptor is still what the name stands for: another run may have finished in between. */
static bool is_at(int fd, const char *path)
{
	struct stat here;
	struct stat there;

	return fstat(fd, &here) == 0 && stat(path, &there) == 0 && here.st_dev == there.st_dev &&
	       here.st_ino == there.st_ino;
}

/* Takes the file for this process alone. */
static int claim(int fd, const char *path, struct fail *fail)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return fail_errno(fail, EX_IOERR, "%s", path);
	if (!S_ISREG(status.st_mode))
		return fail_set(fail, EX_CANTCREAT, "%s: not a regular file", path);
	int locked = flock(fd, LOCK_EX | LOCK_NB);
	if (locked != 0 && errno != EWOULDBLOCK)
		return fail_errno(fail, EX_OSERR, "%s", path);
	if (locked != 0 || !is_at(fd, path))
		return fail_set(fail, EX_TEMPFAIL, "%s: another run is writing it", path);
	return 0;
}

static int open_part(struct output *output, struct fail *fail)
{
	int fd = open(output->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0)
		return fail_errno(fail, fail_status_of_write(errno), "%s", output->part);
	if (claim(fd, output->part, fail) != 0) {
		(void)close(fd); /* what lies there is not ours to remove */
		return -1;
	}
	output->fd = fd;
	return 0;
}

/* Reads the note and checks that the file is as long as it says. */
static int load_state(const struct output *output, struct note *note, struct fail *fail)
{
	struct stat status;
	int found = note_load(output->state, note, fail);

	if (found < 0)
		return -1;
	if (fstat(output->fd, &status) != 0)
		return fail_errno(fail, EX_IOERR, "%s", output->part);
	if (found == 0 || status.st_size < note->offset)
		memset(note, 0, sizeof *note);
	return 0;
}

int output_open(struct output *output, const char *path, bool resume, struct note *note, struct fail *fail)
{
	struct stat old;

	memset(note, 0, sizeof *note);
	*output = (struct output){.fd = STDOUT_FILENO, .path = path, .keeps_state = resume};
	if (path == NULL)
		return 0;
	output->fd = -1;
	/* The rename at the end would take the place of a device or a link. */
	if (path[0] == '\0' || (lstat(path, &old) == 0 && !S_ISREG(old.st_mode)))
		return fail_set(fail, EX_CANTCREAT, "%s: not a regular file", path);
	if (name_beside(path, ".part", output->part, fail) != 0 ||
	    name_beside(path, ".state", output->state, fail) != 0 || open_part(output, fail) != 0 ||
	    io_sweep(output->state, fail) != 0 || (resume && load_state(output, note, fail) != 0))
		return -1;
	if (!resume && unlink(output->state) != 0 &&
	    errno != ENOENT) /* it tells of a file that is begun anew here */
		return fail_errno(fail, EX_CANTCREAT, "%s", output->state);
	if (ftruncate(output->fd, note->offset) != 0 || lseek(output->fd, 0, SEEK_END) != note->offset)
		return fail_errno(fail, EX_IOERR, "%s", output->part);
	return 0;
}

int output_write(struct output *output, const void *bytes, size_t size, struct fail *fail)
{
	if (output->path == NULL)
		return cli_write(bytes, size, fail);
	if (io_write_all(output->fd, bytes, size) != 0)
		return fail_errno(fail, EX_IOERR, "%s", output->part);
	return 0;
}

int output_note(struct output *output, struct note *note, struct fail *fail)
{
	off_t offset = lseek(output->fd, 0, SEEK_CUR);

	if (offset < 0 || fdatasync(output->fd) != 0)
		return fail_errno(fail, EX_IOERR, "%s", output->part);
	note->offset = offset;
	return note_save(output->state, note, fail);
}

int output_finish(struct output *output, struct fail *fail)
{
	char folder[PATH_MAX];

	if (output->path == NULL)
		return cli_flush(fail);
	/* A .part file without its state is begun anew; a state without its file would lead astray. */
	if (unlink(output->state) != 0 && errno != ENOENT)
		return fail_errno(fail, EX_IOERR, "%s", output->state);
	if (fsync(output->fd) != 0 || rename(output->part, output->path) != 0)
		return fail_errno(fail, EX_IOERR, "%s", output->path);
	memcpy(folder, output->path, strlen(output->path) + 1); /* fits, as .part did */
	auto_close int folder_fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0 || fsync(folder_fd) != 0)
		return fail_errno(fail, EX_IOERR, "%s", output->path);
	int fd = output->fd;
	output->fd = -1;
	if (close(fd) != 0)
		return fail_errno(fail, EX_IOERR, "%s", output->path);
	return 0;
}

void output_close(struct output *output)
{
	if (output->path == NULL || output->fd < 0)
		return;
	if (!output->keeps_state)
		(void)unlink(output->part); /* of no use to anybody */
	(void)close(output->fd);            /* unfinished: what could fail is done again */
	output->fd = -1;
}
