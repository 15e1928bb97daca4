#include "lib/conf/store.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"
#include "lib/conf/conf.h"
#include "lib/conf/edit.h"
#include "lib/conf/home.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { NEW_FILE_MODE = 0600 }; /* it may hold passwords */

struct store {
	char path[PATH_MAX]; /* of the local layer */
	int lock_fd;
	struct conf *conf;
	struct buf bytes; /* of the local layer */
	mode_t mode;
};

void store_free(struct store *store)
{
	if (store == NULL)
		return;
	conf_free(store->conf);
	buf_wipe(&store->bytes);
	scope_close(&store->lock_fd);
	free(store);
}

void store_fini(struct store **store)
{
	store_free(*store);
	*store = NULL;
}

const struct conf *store_conf(const struct store *store)
{
	return store->conf;
}

static int take_lock(struct store *store, const struct home *home, struct fail *fail)
{
	char path[PATH_MAX];
	struct stat status;

	if (home_path(home, HOME_LOCK, path, fail) != 0)
		return -1;
	store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (store->lock_fd < 0)
		return fail_errno(fail, fail_status_of_write(errno), "%s", path);
	if (fstat(store->lock_fd, &status) != 0)
		return fail_errno(fail, EX_IOERR, "%s", path);
	if (!S_ISREG(status.st_mode))
		return fail_set(fail, EX_CANTCREAT, "%s: not a regular file", path);
	while (flock(store->lock_fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return fail_errno(fail, EX_OSERR, "%s", path);
	return 0;
}

/* Removes the entries of a folder. One that is not there has none; a link to another is refused. */
static int remove_entries(const char *path, size_t *count, struct fail *fail)
{
	DIR *folder = io_list(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
	const struct dirent *entry;
	int result = 0;

	if (folder == NULL)
		return errno == ENOENT ? 0 : fail_errno(fail, fail_status_of_errno(errno), "%s", path);
	while (result == 0 && (errno = 0, entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(folder), entry->d_name, 0) == 0)
			++*count;
		else if (errno != ENOENT) /* whoever removed it first has done our work */
			result = fail_errno(fail, fail_status_of_errno(errno), "%s/%s", path, entry->d_name);
	}
	if (result == 0 && errno != 0)
		result = fail_errno(fail, EX_IOERR, "%s", path);
	(void)closedir(folder); /* was only read */
	return result;
}

static int load(struct store *store, const struct home *home, struct fail *fail)
{
	struct stat status = {.st_mode = NEW_FILE_MODE};

	if (home_path(home, HOME_LOCAL_LAYER, store->path, fail) != 0 || take_lock(store, home, fail) != 0 ||
	    io_sweep(store->path, fail) != 0)
		return -1;
	store->conf = conf_load_local(home, &store->bytes, &status, fail);
	if (store->conf == NULL)
		return -1;
	store->mode = status.st_mode & 0777;
	return 0;
}

struct store *store_open(const struct home *home, struct fail *fail)
{
	struct store *store = calloc(1, sizeof *store);

	if (store == NULL) {
		(void)fail_errno(fail, EX_OSERR, "configuration");
		return NULL;
	}
	store->bytes = BUF_INIT(CONF_FILE_MAX);
	store->lock_fd = -1;
	if (load(store, home, fail) == 0)
		return store;
	store_free(store);
	return NULL;
}

int store_check_unlocked(const struct store *store, enum param param, struct fail *fail)
{
	if (conf_origin(store->conf, param) != CONF_POLICY)
		return 0;
	(void)fail_set(fail, EX_NOPERM, "%s: locked by policy", param_info(param)->name);
	return fail_hint(fail, "it is managed centrally, in etc/policy.yaml");
}

int store_apply(struct store *store, const struct edit *edit, struct fail *fail)
{
	auto_buf_secret struct buf text = BUF_INIT(CONF_FILE_MAX);

	if (store_check_unlocked(store, edit->param, fail) != 0)
		return -1;
	if (edit_is_done(store->conf, edit))
		return 0;
	if (edit_apply(store->bytes.data, store->bytes.size, store->path, edit, &text, fail) != 0)
		return -1;
	return io_put_file(AT_FDCWD, store->path, IO_EDIT, store->mode, text.data, text.size, fail);
}

int store_discard_waiting(const struct home *home, size_t *count, struct fail *fail)
{
	char path[PATH_MAX];
	size_t found = 0;

	if (home_path(home, HOME_WAITING, path, fail) != 0 || remove_entries(path, &found, fail) != 0)
		return -1;
	*count = found;
	return 0;
}
