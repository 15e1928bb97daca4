#include "cmd/sav-decrypt/many.h"

#include "cmd/sav-decrypt/crew.h"
#include "cmd/sav-decrypt/output.h"
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/names.h"
#include "lib/base/progress.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"
#include "lib/format/jsonscan.h"
#include "lib/format/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { SHOWN_MAX = 1024, SHOW_EVERY_MS = 200, NOTE_EVERY_MS = 5000, MS_PER_S = 1000, NS_PER_MS = 1000000 };

struct run {
	const struct many *many;
	struct output output;
	struct note note; /* what of the counts below an earlier run has done is in it, too */
	int bad_fd;       /* -1: bad blobs stay */
	size_t done;      /* by this run */
	size_t opened;    /* by this run */
	size_t total;     /* only for the progress */
	bool shows;
	int64_t started_ms;
	int64_t shown_ms;
	int64_t noted_ms; /* 0 at first, so that there is a note soon */
	/* The batch at hand: */
	const char *folder;        /* NULL: files named on the command line */
	int folder_fd;             /* AT_FDCWD for those */
	const struct names *names; /* of the folder */
	char *const *files;
	size_t held[MANY_HELD_MAX]; /* bad ones, before the first that opened */
	size_t held_count;
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

static const char *name_of(const struct run *run, size_t index)
{
	return run->folder != NULL ? names_get(run->names, index) : run->files[index];
}

/* Opens the report and appends it to the result's lines as one line. Returns 0; or -1 with *fail naming the file and the
 * lines as they were: EX_DATAERR when the content is at fault, else as io_read_file. */
static int open_report(const struct run *run, const char *name, struct crew_result *result, struct fail *fail)
{
	struct buf *blob = &result->blob;
	struct buf *report = &result->report;
	struct buf *lines = &result->lines;

	blob->size = report->size = 0;
	if ((run->folder == NULL && strcmp(name, "-") == 0
		     ? io_read_input(name, blob, fail)
		     : io_read_file(run->folder_fd, name, blob, fail)) != 0)
		return -1;
	if (seal_open(run->many->pairs, run->many->pair_count, blob->data, blob->size, report, fail) != 0 ||
	    jsonscan_line(report->data, &report->size, fail) != 0)
		return fail_prefix(fail, "%s", name);
	if (buf_reserve(lines, report->size + 1) != 0 || buf_add(lines, report->data, report->size) != 0 ||
	    buf_add_text(lines, "\n") != 0)
		return fail_errno(fail, EX_OSERR, "%s", name);
	return 0;
}

/* Called by all threads at once: reads the run, and changes nothing of it. */
static void open_item(void *context, size_t index, struct crew_result *result)
{
	const struct run *run = context;
	const char *name = name_of(run, index);
	char shown[SHOWN_MAX];
	struct fail fail;

	if (open_report(run, name, result, &fail) == 0)
		return;
	result->left_out++;
	if (fail.status == EX_DATAERR && run->bad_fd >= 0)
		result->bad[result->bad_count++] = index;
	int kept = buf_printf(&result->complaints, "%s: %s%s%s\n", run->many->cli->name,
			      run->folder != NULL ? run->folder : "", run->folder != NULL ? "/" : "",
			      text_mask((const uint8_t *)fail.text, strlen(fail.text), shown, sizeof shown));
	if (kept != 0) /* out of its turn, then */
		(void)cli_fail(run->many->cli, &fail);
}

static void clear_progress(const struct run *run)
{
	if (run->shows)
		(void)fputs("\r\033[K", stderr);
}

static void show_progress(struct run *run, int64_t now)
{
	char text[PROGRESS_MAX];

	if (!run->shows || now - run->shown_ms < SHOW_EVERY_MS)
		return;
	run->shown_ms = now;
	const struct progress progress = {
		.skipped = (uint64_t)run->note.done - run->done,
		.done = run->done,
		.total = run->total,
		.bad = (uint64_t)run->note.bad,
		.elapsed_ms = (uint64_t)(now - run->started_ms),
	};
	(void)fprintf(stderr, "\r%s\033[K", progress_format(&progress, text));
}

static void move_aside(const struct run *run, size_t index)
{
	const char *name = name_of(run, index);
	const char *slash = strrchr(name, '/');
	struct fail fail;

	if (renameat2(run->folder_fd, name, run->bad_fd, slash == NULL ? name : slash + 1,
		      RENAME_NOREPLACE) == 0)
		return;
	(void)fail_errno(&fail, EX_CANTCREAT, "%s: not moved to %s", name, run->many->bad);
	clear_progress(run);
	cli_warn(run->many->cli, "%s", fail.text);
}

/* As long as nothing has opened, the key may be at fault and not the blobs: they are held where they are. */
static int move_bad(struct run *run, const struct crew_result *result, struct fail *fail)
{
	for (size_t i = 0; run->opened > 0 && i < run->held_count; i++)
		move_aside(run, run->held[i]);
	if (run->opened > 0)
		run->held_count = 0;
	for (size_t i = 0; i < result->bad_count; i++) {
		if (run->opened > 0) {
			move_aside(run, result->bad[i]);
		} else if (run->held_count < MANY_HELD_MAX) {
			run->held[run->held_count++] = result->bad[i];
		} else {
			(void)fail_set(fail, EX_DATAERR, "reports: none of the first %zu opens", run->done);
			return fail_hint(
				fail, "is it the right key? nothing was moved; without --bad all are tried");
		}
	}
	return 0;
}

/* The note says where to go on: in this folder behind the last name, or at the file after the last one. */
static void advance_note(struct run *run, const struct crew_result *result)
{
	run->note.done += (int64_t)(result->end - result->first);
	run->note.bad += (int64_t)result->left_out;
	if (run->folder == NULL) {
		run->note.operand = run->files + result->end - run->many->paths;
		run->note.name[0] = '\0';
	} else {
		const char *name = name_of(run, result->end - 1);
		memcpy(run->note.name, name, strlen(name) + 1);
	}
}

static int save_note(struct run *run, struct fail *fail)
{
	const char *path = run->many->paths[run->note.operand];

	if (!run->many->resume)
		return 0;
	(void)snprintf(run->note.path, sizeof run->note.path, "%s",
		       path == NULL ? "" : path); /* longer ones open nothing */
	return output_note(&run->output, &run->note, fail);
}

static int deliver(void *context, const struct crew_result *result, struct fail *fail)
{
	struct run *run = context;
	int64_t now = now_ms();

	if (result->complaints.size > 0) {
		clear_progress(run);
		(void)fputs(buf_text(&result->complaints), stderr); /* there is nowhere else to complain */
	}
	if (output_write(&run->output, result->lines.data, result->lines.size, fail) != 0)
		return -1;
	run->done += result->end - result->first;
	run->opened += result->end - result->first - result->left_out;
	if (move_bad(run, result, fail) != 0)
		return -1;
	advance_note(run, result);
	show_progress(run, now);
	if (now - run->noted_ms < NOTE_EVERY_MS)
		return 0;
	run->noted_ms = now;
	return save_note(run, fail);
}

static int open_batch(struct run *run, size_t count, struct fail *fail)
{
	const struct crew crew = {
		.jobs = run->many->jobs, .context = run, .work = open_item, .deliver = deliver};

	int result = crew_run(&crew, count, fail);
	if (result == 0 && run->held_count > 0)
		cli_warn(run->many->cli, "%zu not moved to %s: none has opened with this key",
			 run->held_count, run->many->bad);
	run->held_count = 0;
	return result;
}

static int open_folder(struct run *run, const char *after, struct fail *fail)
{
	struct names *names = names_new(run->folder_fd, after, NAMES_MEMORY, fail);
	size_t count;
	int result = names == NULL ? -1 : 0;

	run->names = names;
	while (result == 0) {
		result = names_next(names, &count, fail);
		if (result == 0 && count == 0)
			break;
		if (result == 0)
			result = open_batch(run, count, fail);
	}
	names_free(names);
	return result;
}

static bool is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* A folder, or all the files up to the next one. Sets *end to the operand after them. */
static int open_operands(struct run *run, size_t operand, size_t *end, struct fail *fail)
{
	char *const *paths = run->many->paths;

	*end = operand + 1;
	run->note.operand = (int64_t)operand;
	run->folder = NULL;
	run->folder_fd = AT_FDCWD;
	run->files = paths + operand;
	if (is_folder(paths[operand])) {
		char after[sizeof run->note.name];
		memcpy(after, run->note.name, sizeof after);
		auto_close int folder_fd = open(paths[operand], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (folder_fd < 0)
			return open_batch(run, 1, fail); /* complains as about a file */
		run->folder = paths[operand];
		run->folder_fd = folder_fd;
		return open_folder(run, after[0] == '\0' ? NULL : after, fail);
	}
	while (paths[*end] != NULL && !is_folder(paths[*end]))
		++*end;
	return open_batch(run, *end - operand, fail);
}

/* How many there are, to tell the time left. What cannot be listed is complained about when its turn comes. */
static size_t count_all(const struct run *run)
{
	size_t total = (size_t)run->note.done;
	struct fail fail;

	for (size_t i = (size_t)run->note.operand; run->many->paths[i] != NULL; i++) {
		size_t count = 1;
		const char *after = i == (size_t)run->note.operand && run->note.name[0] != '\0'
					    ? run->note.name
					    : NULL;
		auto_close int fd = open(run->many->paths[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && names_count(fd, after, &count, &fail) != 0)
			count = 0;
		total += count;
	}
	return total;
}

/* The note of an earlier run has to be about the same operands. */
static int check_note(const struct run *run, struct fail *fail)
{
	const struct note *note = &run->note;

	if (note->operand == 0 && note->path[0] == '\0')
		return 0; /* there was none */
	const char *path = (size_t)note->operand <= run->many->path_count ? run->many->paths[note->operand]
									  : NULL;
	if (strcmp(path == NULL ? "" : path, note->path) == 0 &&
	    (size_t)note->operand <= run->many->path_count)
		return 0;
	(void)fail_set(fail, EX_DATAERR, "%s: is about other files and folders", run->output.state);
	return fail_hint(fail, "name the same, or remove it to begin anew");
}

static int open_all(struct run *run, struct fail *fail)
{
	if (check_note(run, fail) != 0)
		return -1;
	run->shows = isatty(STDERR_FILENO) && (run->output.path != NULL || !isatty(STDOUT_FILENO));
	run->total = run->shows ? count_all(run) : 0;
	run->started_ms = now_ms();
	size_t operand = (size_t)run->note.operand;
	while (run->many->paths[operand] != NULL) {
		if (open_operands(run, operand, &operand, fail) != 0)
			return -1;
		run->note.name[0] = '\0';
	}
	return output_finish(&run->output, fail);
}

/* Of several, one that is missing is left out; with none there is nothing to do, and no output to make. */
static int check_operands(char *const *paths, struct fail *fail)
{
	for (size_t i = 0; paths[i] != NULL; i++)
		if (strcmp(paths[i], "-") == 0 || access(paths[i], F_OK) == 0 ||
		    fail_status_of_errno(errno) != EX_NOINPUT)
			return 0;
	return fail_errno(fail, EX_NOINPUT, "%s", paths[0]);
}

int many_open(const struct many *many, struct fail *fail)
{
	struct run run = {.many = many, .bad_fd = -1};
	int result = -1;

	if (check_operands(many->paths, fail) != 0)
		return -1;
	if (many->bad != NULL) {
		run.bad_fd = open(many->bad, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (run.bad_fd < 0)
			return fail_errno(fail, fail_status_of_errno(errno), "%s", many->bad);
	}
	if (output_open(&run.output, many->output, many->resume, &run.note, fail) == 0)
		result = open_all(&run, fail);
	clear_progress(&run);
	output_close(&run.output);
	scope_close(&run.bad_fd); /* was only looked up in */
	if (result == 0 && run.note.bad > 0)
		return fail_set(fail, EX_DATAERR, "reports: %lld of %lld left out", (long long)run.note.bad,
				(long long)run.note.done);
	return result;
}
