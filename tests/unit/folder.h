/* A folder of the test's own: folder_make before, folder_remove behind, with whatever is in it then. */
#ifndef SAV_TESTS_UNIT_FOLDER_H
#define SAV_TESTS_UNIT_FOLDER_H

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_PATH = 320 };

static char folder[64]; /* its name has a blank, so that nobody forgets that names may */

static inline int folder_make(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/sav unit.XXXXXX");
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static inline int folder_remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status, (void)kind, (void)walk;
	return remove(path);
}

static inline int folder_remove(void **state)
{
	(void)state;
	return nftw(folder, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int folder_fd = -1; /* of it, between these two, which are in the place of the two above */

static inline int folder_open(void **state)
{
	if (folder_make(state) != 0)
		return -1;
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder_fd < 0 ? -1 : 0;
}

static inline int folder_close(void **state)
{
	(void)close(folder_fd);
	return folder_remove(state);
}

/* The path of what is called so in it, valid until the call after the next. */
static inline const char *folder_path(const char *name)
{
	static char paths[2][FOLDER_PATH];
	static int turn;

	turn = !turn;
	assert_true(snprintf(paths[turn], FOLDER_PATH, "%s/%s", folder, name) < FOLDER_PATH);
	return paths[turn];
}

/* Writes a file in it, and the folders that the file is in. */
static inline void folder_put(const char *name, const char *text)
{
	char path[FOLDER_PATH];

	(void)snprintf(path, sizeof path, "%s", folder_path(name)); /* measured there */
	for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
		*slash = '\0';
		assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

#endif
