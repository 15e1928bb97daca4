#include "cmd/sav-decrypt/many.h"

#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"
#include "lib/format/seal.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { PROGRESS_EVERY = 256, SHOWN_MAX = 1024 };

struct work {
	const struct cli *cli;
	const struct seal_pair *pairs;
	size_t pair_count;
	struct buf blob; /* both kept from file to file */
	struct buf report;
	size_t done;
	size_t bad;
	size_t total;
	const char *folder; /* the one at hand, NULL for a file named on the command line */
	bool progress;
};

static void complain(struct work *work, const struct fail *fail)
{
	char shown[SHOWN_MAX];

	work->bad++;
	(void)fprintf(stderr, "%s%s: %s%s%s\n", work->progress ? "\r\033[K" : "", work->cli->name,
		      work->folder != NULL ? work->folder : "", work->folder != NULL ? "/" : "",
		      text_mask((const uint8_t *)fail->text, strlen(fail->text), shown, sizeof shown));
}

static void show_progress(const struct work *work)
{
	if (work->progress && work->done % PROGRESS_EVERY == 0)
		(void)fprintf(stderr, "\r%zu of %zu opened, %zu bad", work->done - work->bad, work->total,
			      work->bad);
}

/* A report that was written for people has newlines; as a line it has none. */
static int write_line(struct work *work, const char *name, struct fail *fail)
{
	json_error_t error;
	const char *text = buf_text(&work->report);
	size_t size = work->report.size;
	json_t *report = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);

	if (!json_is_object(report)) {
		json_decref(report);
		(void)fail_set(fail, EX_DATAERR, "%s: opens, but holds no JSON object", name);
		complain(work, fail);
		return 0;
	}
	while (size > 0 && text[size - 1] == '\n')
		size--;
	char *compact = memchr(text, '\n', size) == NULL ? NULL : json_dumps(report, JSON_COMPACT);
	json_decref(report);
	auto_free char *owned = compact;
	if (compact != NULL) {
		text = compact;
		size = strlen(compact);
	}
	if (fwrite(text, 1, size, stdout) != size || putchar('\n') == EOF)
		return fail_errno(fail, EX_IOERR, "standard output");
	return 0;
}

/* -1 only for what ends the whole run. */
static int open_file(struct work *work, int folder_fd, const char *name, struct fail *fail)
{
	work->blob.size = 0;
	work->report.size = 0;
	work->done++;
	show_progress(work);
	if (io_read_file(folder_fd, name, &work->blob, fail) != 0) {
		complain(work, fail);
		return 0;
	}
	if (seal_open(work->pairs, work->pair_count, work->blob.data, work->blob.size, &work->report, fail) !=
	    0) {
		(void)fail_prefix(fail, "%s", name);
		complain(work, fail);
		return 0;
	}
	return write_line(work, name, fail);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_type != DT_DIR;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int open_folder(struct work *work, const char *path, struct fail *fail)
{
	struct dirent **entries;
	auto_close int folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int count = folder_fd < 0 ? -1 : scandirat(folder_fd, ".", &entries, visible, by_bytes);
	int result = 0;

	if (count < 0) {
		(void)fail_errno(fail, fail_status_of_errno(errno), "%s", path);
		complain(work, fail);
		return 0;
	}
	work->total += (size_t)count;
	work->folder = path;
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = open_file(work, folder_fd, entries[i]->d_name, fail);
		free(entries[i]);
	}
	free(entries);
	work->folder = NULL;
	return result;
}

int many_open(const struct cli *cli, const struct seal_pair *pairs, size_t pair_count, char **paths,
	      struct fail *fail)
{
	struct work work = {
		.cli = cli,
		.pairs = pairs,
		.pair_count = pair_count,
		.blob = BUF_INIT(SEAL_BLOB_MAX),
		.report = BUF_INIT(SEAL_BLOB_MAX),
		.progress = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO),
	};
	int result = 0;

	for (; result == 0 && *paths != NULL; paths++) {
		struct stat status;
		if (stat(*paths, &status) == 0 && S_ISDIR(status.st_mode)) {
			result = open_folder(&work, *paths, fail);
		} else {
			work.total++;
			result = open_file(&work, AT_FDCWD, *paths, fail);
		}
	}
	buf_fini(&work.blob);
	buf_wipe(&work.report);
	if (work.progress)
		(void)fprintf(stderr, "\r\033[K");
	if (result != 0 || cli_flush(fail) != 0)
		return -1;
	if (work.bad > 0)
		return fail_set(fail, EX_DATAERR, "%zu of %zu reports left out", work.bad, work.done);
	return 0;
}
