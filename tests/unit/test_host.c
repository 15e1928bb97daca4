#include "tests/unit/folder.h"

#include "lib/facts/host.h"

static void put_link(const char *path, const char *target)
{
	assert_int_equal(symlink(target, folder_path(path)), 0);
}

static int make(void **state)
{
	if (folder_make(state) != 0)
		return -1;
	folder_put("etc/plain", "plain\n");
	folder_put("usr/lib/target", "target\n");
	put_link("etc/relative", "../usr/lib/target");
	put_link("etc/absolute", "/usr/lib/target");
	put_link("etc/escape", "../../../../../../../../usr/lib/target");
	put_link("etc/chain", "absolute");
	put_link("etc/loop", "loop");
	put_link("etc/dangling", "/nowhere");
	put_link("usr/folder", "/usr/lib/");
	put_link("etc/outside", "/etc/passwd");
	put_link("etc/through", "/proc/self/root/etc/passwd");
	assert_int_equal(mkfifo(folder_path("etc/fifo"), 0600), 0);
	return 0;
}

static const char *content(struct host *host, const char *path)
{
	static char text[512];
	const struct host_file *file = host_text(host, path);

	if (file->state != HOST_FOUND)
		(void)snprintf(text, sizeof text, "%s %s",
			       file->state == HOST_ABSENT ? "absent" : "unreadable", file->why);
	else
		(void)snprintf(text, sizeof text, "%.*s", (int)file->content.size,
			       (const char *)file->content.bytes);
	return text;
}

static void links_stay_inside(void **state)
{
	(void)state;
	struct fail fail;
	struct host *host = host_new(folder, &fail);
	assert_non_null(host);
	assert_string_equal(content(host, "/etc/plain"), "plain\n");
	assert_string_equal(content(host, "/etc/relative"), "target\n");
	assert_string_equal(content(host, "/etc/absolute"), "target\n");
	assert_string_equal(content(host, "/etc/escape"), "target\n");
	assert_string_equal(content(host, "/etc/chain"), "target\n");
	assert_string_equal(content(host, "/usr/folder/target"), "target\n");
	assert_string_equal(content(host, "/../../etc/./plain"), "plain\n");
	assert_string_equal(content(host, "/etc/outside"), "absent /etc/outside: No such file or directory");
	assert_string_equal(content(host, "/etc/through"), "absent /etc/through: No such file or directory");
	assert_string_equal(content(host, "/etc/dangling"),
			    "absent /etc/dangling: No such file or directory");
	assert_string_equal(content(host, "/etc/plain/x"), "absent /etc/plain/x: Not a directory");
	assert_string_equal(content(host, "/etc/loop"),
			    "unreadable /etc/loop: Too many levels of symbolic links");
	assert_string_equal(content(host, "/etc/fifo"), "unreadable /etc/fifo: not a regular file");
	assert_string_equal(content(host, "/etc"), "unreadable /etc: not a regular file");
	assert_false(host_is_live(host));
	host_free(host);
}

static void reads_up_to_a_limit(void **state)
{
	(void)state;
	struct fail fail;
	folder_put("etc/ten", "0123456789");
	folder_put("etc/eleven", "0123456789x");
	folder_put("etc/head", "0123456789x");
	folder_put("etc/tail", "x0123456789");
	folder_put("etc/empty", "");
	struct host *host = host_new(folder, &fail);

	assert_true(lines_equal(host_read(host, "/etc/ten", 10, HOST_WHOLE)->content, "0123456789"));
	assert_string_equal(host_read(host, "/etc/eleven", 10, HOST_WHOLE)->why,
			    "/etc/eleven: more than 10 bytes");
	const struct host_file *head = host_read(host, "/etc/head", 10, HOST_HEAD);
	assert_true(head->cut && lines_equal(head->content, "0123456789"));
	const struct host_file *tail = host_read(host, "/etc/tail", 10, HOST_TAIL);
	assert_true(tail->cut && lines_equal(tail->content, "0123456789"));
	assert_int_equal(host_read(host, "/etc/empty", 10, HOST_WHOLE)->content.size, 0);
	assert_int_equal(host_read(host, "/etc/empty", 10, HOST_WHOLE)->state, HOST_FOUND);
	host_free(host);
}

static void reads_a_file_once(void **state)
{
	(void)state;
	struct fail fail;
	struct host *host = host_new(folder, &fail);
	char name[32];

	folder_put("etc/once", "before");
	const struct host_file *first = host_text(host, "/etc/once");
	folder_put("etc/once", "after");
	assert_ptr_equal(host_text(host, "/etc/once"), first);
	assert_true(lines_equal(first->content, "before"));
	for (int i = 0; i < 400; i++) { /* more than it remembers */
		(void)snprintf(name, sizeof name, "/etc/file-%d", i);
		assert_true(host_text(host, name)->state != HOST_FOUND);
	}
	assert_true(lines_equal(host_text(host, "/etc/once")->content, "before"));
	host_free(host);
}

static void tells_links_from_files(void **state)
{
	(void)state;
	char target[64];
	char why[HOST_WHY_SIZE];
	bool is_link;
	struct fail fail;

	struct host *host = host_new(folder, &fail);
	assert_int_equal(host_link(host, "/etc/absolute", target, sizeof target, &is_link, why), HOST_FOUND);
	assert_string_equal(target, "/usr/lib/target");
	assert_int_equal(host_link(host, "/etc/plain", target, sizeof target, &is_link, why), HOST_ABSENT);
	assert_false(is_link);
	assert_int_equal(host_link(host, "/etc/none", target, sizeof target, &is_link, why), HOST_ABSENT);
	assert_true(is_link);
	assert_int_equal(host_link(host, "/etc/absolute", target, 4, &is_link, why), HOST_UNREADABLE);
	assert_int_equal(host_stat(host, "/etc/chain", NULL, why), HOST_FOUND);
	assert_int_equal(host_stat(host, "/etc/dangling", NULL, why), HOST_ABSENT);
	host_free(host);
}

static void a_root_must_be_a_folder(void **state)
{
	(void)state;
	struct fail fail;

	assert_null(host_new("/nowhere at all", &fail));
	assert_int_equal(fail.status, EX_NOINPUT);
	assert_null(host_new("/dev/null", &fail));
	assert_int_equal(fail.status, EX_NOINPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_stay_inside),       cmocka_unit_test(reads_up_to_a_limit),
		cmocka_unit_test(reads_a_file_once),       cmocka_unit_test(tells_links_from_files),
		cmocka_unit_test(a_root_must_be_a_folder),
	};

	return cmocka_run_group_tests(tests, make, folder_remove);
}
