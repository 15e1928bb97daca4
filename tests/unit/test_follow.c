#include "tests/unit/folder.h"

#include "lib/alert/follow.h"

#include <limits.h>
#include <poll.h>
#include <stdbool.h>

static char live[PATH_MAX];
static struct fail fail;
static char seen[1 << 16]; /* what was read, a "|" for each FOLLOW_NEXT */
static uint8_t place[FOLLOW_PLACE_BYTES];

static int set_up(void **state)
{
	int result = folder_make(state);

	(void)snprintf(live, sizeof live, "%s/alerts.json", folder);
	return result;
}

static void append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

/* A time of last change, in seconds, so that the order of files does not hang on the clock's grain. */
static void date(const char *path, time_t seconds)
{
	const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* What a rotation made of an earlier file. */
static void append_dated(const char *name, const char *text, time_t seconds)
{
	append(folder_path(name), text);
	date(folder_path(name), seconds);
}

static struct follow *open_at(const uint8_t *at)
{
	struct follow *follow = follow_open(live, at, at == NULL ? 0 : FOLLOW_PLACE_BYTES, &fail);

	if (follow == NULL)
		fail_msg("%s", fail.text);
	return follow;
}

/* Everything there is for now, as text. */
static const char *read_all(struct follow *follow)
{
	size_t used = 0;

	for (;;) {
		size_t got;
		switch (follow_read(follow, (uint8_t *)seen + used, 7, &got, &fail)) {
		case FOLLOW_BYTES:
			assert_true(got >= 1 && got <= 7);
			used += got;
			break;
		case FOLLOW_NEXT:
			seen[used++] = '|';
			break;
		case FOLLOW_END:
			seen[used] = '\0';
			return seen;
		default:
			fail_msg("%s", fail.text);
		}
		assert_true(used + 8 < sizeof seen);
	}
}

static bool is_woken(const struct follow *follow)
{
	struct pollfd event = {.fd = follow_fd(follow), .events = POLLIN};

	return poll(&event, 1, 0) == 1;
}

/* A live file of this text, read to its end. */
static struct follow *follow_text(const char *text)
{
	append(live, text);
	struct follow *follow = open_at(NULL);
	assert_string_equal(read_all(follow), text);
	return follow;
}

/* Text that is added to the file wakes who waits, and this is read then. */
static void assert_wakes(struct follow *follow, const char *path, const char *text, const char *wanted)
{
	append(path, text);
	assert_true(is_woken(follow));
	assert_string_equal(read_all(follow), wanted);
}

/* Remembers the place and closes. */
static void leave(struct follow *follow)
{
	assert_int_equal(follow_get_place(follow, 0, place), FOLLOW_PLACE_BYTES);
	follow_close(follow);
}

static void reads_what_is_there_and_what_comes(void **state)
{
	(void)state;
	struct follow *follow = follow_text("one\n");
	assert_string_equal(read_all(follow), "");
	assert_false(is_woken(follow));
	assert_wakes(follow, live, "two and more\n", "two and more\n");
	assert_false(is_woken(follow));
	follow_close(follow);
}

static void waits_for_a_file_that_is_not_there(void **state)
{
	(void)state;
	struct follow *follow = open_at(NULL);
	assert_string_equal(read_all(follow), "");
	assert_false(is_woken(follow));
	append(folder_path("other"), "not ours");
	(void)read_all(follow); /* was woken by a name that is not ours */
	assert_wakes(follow, live, "one\n", "one\n");
	follow_close(follow);
}

static void follows_a_rename(void **state)
{
	(void)state;
	struct follow *follow = follow_text("one\n");
	assert_int_equal(rename(live, folder_path("alerts.json.1")), 0);
	assert_string_equal(read_all(follow), "");
	append(folder_path("alerts.json.1"), "late\n"); /* the writer still has it open */
	assert_true(is_woken(follow));
	append(live, "");
	assert_string_equal(read_all(follow), "late\n");
	append(folder_path("alerts.json.1"), "later\n");
	assert_string_equal(read_all(follow), "later\n");
	assert_wakes(follow, live, "two\n", "|two\n");
	assert_wakes(follow, live, "three\n", "three\n");
	assert_int_equal(follow_lost(follow), 0);
	follow_close(follow);
}

static void follows_two_renames_at_once(void **state)
{
	(void)state;
	struct follow *follow = follow_text("one\n");
	append(live, "rest\n");
	date(live, 1000);
	assert_int_equal(rename(live, folder_path("alerts.json.2")), 0);
	append_dated("alerts.json.1", "two\n", 2000);
	append_dated("alerts.json.3", "older than all\n", 500);
	append(folder_path("alerts.json.bak"), "no rotated name\n");
	append(live, "three\n");
	assert_string_equal(read_all(follow), "rest\n|two\n|three\n");
	follow_close(follow);
}

static void copy(const char *from, const char *to)
{
	char bytes[4096];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t got = read(in, bytes, sizeof bytes - 1);

	assert_true(got >= 0);
	bytes[got] = '\0';
	(void)close(in);
	append(to, bytes);
}

static void follows_copy_and_truncate(void **state)
{
	(void)state;
	struct follow *follow = follow_text("one\n");
	append(live, "before the cut\n");
	copy(live, folder_path("alerts.json.1"));
	assert_int_equal(truncate(live, 0), 0);
	assert_true(is_woken(follow));
	assert_string_equal(read_all(follow), "before the cut\n|");
	append(live, "two\n");
	assert_string_equal(read_all(follow), "two\n");
	/* Truncated and written beyond the old size before anybody looked. */
	copy(live, folder_path("alerts.json-20261121"));
	assert_int_equal(truncate(live, 0), 0);
	append(live, "three, and longer than before\n");
	assert_string_equal(read_all(follow), "|three, and longer than before\n");
	assert_int_equal(follow_lost(follow), 0);
	follow_close(follow);
}

static void counts_what_a_cut_took(void **state)
{
	(void)state;
	struct follow *follow = follow_text("one\n");
	append(live, "never seen\n");
	assert_int_equal(truncate(live, 0), 0);
	append(live, "2\n");
	assert_string_equal(read_all(follow), "|2\n");
	assert_int_equal(follow_lost(follow), 1);
	follow_close(follow);
}

static void outlives_deletion(void **state)
{
	(void)state;
	append(live, "one\n");
	struct follow *follow = open_at(NULL);
	char first[3];
	size_t got;
	assert_int_equal(follow_read(follow, (uint8_t *)first, 2, &got, &fail), FOLLOW_BYTES);
	assert_int_equal(unlink(live), 0);
	assert_string_equal(read_all(follow), "e\n"); /* it is still open */
	assert_false(is_woken(follow));
	assert_wakes(follow, live, "two\n", "|two\n");
	follow_close(follow);
}

static void goes_on_in_the_middle(void **state)
{
	(void)state;
	struct follow *follow = follow_text("one\ntwo\nthr");
	assert_int_equal(follow_get_place(follow, 3, place), FOLLOW_PLACE_BYTES); /* "thr" is no record yet */
	follow_close(follow);
	append(live, "ee\n");
	follow = open_at(place);
	assert_string_equal(read_all(follow), "three\n");
	leave(follow);
	follow = open_at(place);
	assert_string_equal(read_all(follow), "");
	append(live, "four\n");
	assert_string_equal(read_all(follow), "four\n");
	assert_int_equal(follow_lost(follow), 0);
	follow_close(follow);
}

static void finds_its_place_in_a_renamed_file(void **state)
{
	(void)state;
	struct follow *follow = follow_text("one\n");
	leave(follow);
	append(live, "two\n");
	date(live, 1000);
	assert_int_equal(rename(live, folder_path("alerts.json.2")), 0);
	append_dated("alerts.json.1", "three\n", 2000);
	append(live, "four\n");
	follow = open_at(place);
	assert_string_equal(read_all(follow), "two\n|three\n|four\n");
	assert_int_equal(follow_lost(follow), 0);
	leave(follow);
	/* With no live file yet. */
	append(live, "five\n");
	assert_int_equal(rename(live, folder_path("alerts.json.0")), 0);
	follow = open_at(place);
	assert_string_equal(read_all(follow), "five\n");
	append(live, "six\n");
	assert_string_equal(read_all(follow), "|six\n");
	follow_close(follow);
}

static void finds_its_place_in_a_copy(void **state)
{
	(void)state;
	struct follow *follow = follow_text("one\n");
	leave(follow);
	append(live, "two\n");
	copy(live, folder_path("alerts.json.1"));
	assert_int_equal(truncate(live, 0), 0);
	append(live, "three\n");
	follow = open_at(place);
	assert_string_equal(read_all(follow), "two\n|three\n");
	assert_int_equal(follow_lost(follow), 0);
	follow_close(follow);
}

static void goes_on_when_its_place_is_gone(void **state)
{
	(void)state;
	append(live, "one\n");
	date(live, 1000);
	struct follow *follow = open_at(NULL);
	assert_string_equal(read_all(follow), "one\n");
	leave(follow);
	assert_int_equal(unlink(live), 0); /* rotated, compressed */
	append_dated("alerts.json.1", "two\n", 2000);
	append(live, "three\n");
	follow = open_at(place);
	assert_string_equal(read_all(follow), "two\n|three\n");
	assert_int_equal(follow_lost(follow), 1);
	follow_close(follow);
}

static void tells_files_apart_by_their_beginning(void **state)
{
	(void)state;
	char big[5000];

	memset(big, 'a', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	append(live, big);
	struct follow *follow = open_at(NULL);
	assert_int_equal(strlen(read_all(follow)), sizeof big - 1);
	leave(follow);
	assert_int_equal(truncate(live, 0), 0); /* the same inode, as after deletion and creation */
	big[1000] = 'b';
	append(live, big);
	follow = open_at(place);
	assert_int_equal(strlen(read_all(follow)), sizeof big - 1);
	assert_int_equal(follow_lost(follow), 1);
	follow_close(follow);
}

static void follows_a_symbolic_link(void **state)
{
	(void)state;
	append(folder_path("target"), "one\n");
	assert_int_equal(symlink("target", live), 0);
	struct follow *follow = open_at(NULL);
	assert_string_equal(read_all(follow), "one\n");
	assert_wakes(follow, folder_path("target"), "two\n", "two\n");
	append(folder_path("target 2"), "three\n");
	assert_int_equal(symlink("target 2", folder_path("new")), 0);
	assert_int_equal(rename(folder_path("new"), live), 0);
	assert_true(is_woken(follow));
	assert_string_equal(read_all(follow), "|three\n");
	follow_close(follow);
}

static void refuses_what_is_no_file(void **state)
{
	(void)state;
	size_t got;
	uint8_t bytes[8];

	assert_int_equal(mkfifo(live, 0600), 0);
	assert_null(follow_open(live, NULL, 0, &fail));
	assert_int_equal(fail.status, EX_NOINPUT);
	assert_non_null(strstr(fail.text, "not a regular file"));
	assert_int_equal(unlink(live), 0);
	assert_null(follow_open(folder, NULL, 0, &fail));
	assert_int_equal(fail.status, EX_NOINPUT);
	assert_null(follow_open("/no/such/folder/x", NULL, 0, &fail));
	assert_int_equal(fail.status, EX_NOINPUT);
	assert_null(follow_open("/tmp/", NULL, 0, &fail));
	assert_int_equal(fail.status, EX_NOINPUT);
	assert_int_equal(symlink("alerts.json", live), 0);
	assert_null(follow_open(live, NULL, 0, &fail));
	assert_int_equal(fail.status, EX_NOINPUT);
	assert_int_equal(unlink(live), 0);
	struct follow *follow = open_at(NULL);
	assert_int_equal(mkfifo(live, 0600), 0);
	assert_int_equal(follow_read(follow, bytes, sizeof bytes, &got, &fail), FOLLOW_FAILED);
	follow_close(follow);
}

static void refuses_what_is_no_place(void **state)
{
	(void)state;
	append(live, "one\n");
	leave(open_at(NULL));
	assert_null(follow_open(live, place, sizeof place - 1, &fail));
	assert_int_equal(fail.status, EX_DATAERR);
	/* The highest byte of its version, of its offset, of the size of its print. */
	for (size_t at = 7; at < 40; at += at == 7 ? 24 : 8) {
		place[at] ^= 0x80;
		assert_null(follow_open(live, place, sizeof place, &fail));
		assert_int_equal(fail.status, EX_DATAERR);
		place[at] ^= 0x80;
	}
	follow_close(open_at(place));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_is_there_and_what_comes),
		TEST(waits_for_a_file_that_is_not_there),
		TEST(follows_a_rename),
		TEST(follows_two_renames_at_once),
		TEST(follows_copy_and_truncate),
		TEST(counts_what_a_cut_took),
		TEST(outlives_deletion),
		TEST(goes_on_in_the_middle),
		TEST(finds_its_place_in_a_renamed_file),
		TEST(finds_its_place_in_a_copy),
		TEST(goes_on_when_its_place_is_gone),
		TEST(tells_files_apart_by_their_beginning),
		TEST(follows_a_symbolic_link),
		TEST(refuses_what_is_no_file),
		TEST(refuses_what_is_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
