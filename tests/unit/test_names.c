#include "tests/unit/folder.h"

#include "lib/base/names.h"
#include "lib/base/scope.h"

enum { SMALL = 64 << 10 }; /* of memory: room for about 1,300 names of 32 bytes */

static void put(const char *name)
{
	auto_close int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
}

static void has_none_in_an_empty_folder(void **state)
{
	(void)state;
	struct fail fail;
	size_t count = 7;
	struct names *names = names_new(folder_fd, NULL, SMALL, &fail);

	assert_non_null(names);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(names_next(names, &count, &fail), 0);
		assert_int_equal(count, 0);
	}
	names_free(names);
	names_free(NULL);
	assert_int_equal(names_count(folder_fd, NULL, &count, &fail), 0);
	assert_int_equal(count, 0);
}

static void gives_them_in_the_order_of_their_bytes(void **state)
{
	(void)state;
	const char *ordered[] = {"\t",        "A",        "B", "a",           "aaaaaaaa",
				 "aaaaaaaaa", "aaaaaaab", "b", "caf\xc3\xa9", "\xff"};
	struct fail fail;
	size_t count;

	for (size_t i = COUNT_OF(ordered); i-- > 0;)
		put(ordered[i]);
	put(".hidden");
	assert_int_equal(mkdirat(folder_fd, "folder", 0700), 0);
	struct names *names = names_new(folder_fd, NULL, SMALL, &fail);
	assert_int_equal(names_next(names, &count, &fail), 0);
	assert_int_equal(count, COUNT_OF(ordered));
	assert_int_equal(names_count(folder_fd, NULL, &count, &fail), 0);
	assert_int_equal(count, COUNT_OF(ordered));
	for (size_t i = 0; i < count; i++)
		assert_string_equal(names_get(names, i), ordered[i]);
	assert_int_equal(names_next(names, &count, &fail), 0);
	assert_int_equal(count, 0);
	names_free(names);

	names = names_new(folder_fd, "aaaaaaaaa", SMALL, &fail);
	assert_int_equal(names_next(names, &count, &fail), 0);
	assert_int_equal(count, 4);
	assert_int_equal(names_count(folder_fd, "aaaaaaaaa", &count, &fail), 0);
	assert_int_equal(count, 4);
	assert_string_equal(names_get(names, 0), "aaaaaaab");
	names_free(names);
}

/* Far more than fit at once: every name once, in order, whatever its length. */
static void gives_all_of_them_in_batches(void **state)
{
	(void)state;
	enum { MANY = 9000 };
	char name[300];
	char last[300] = "";
	struct fail fail;
	size_t count;
	size_t seen = 0;
	size_t batches = 0;

	for (unsigned i = 0; i < MANY; i++) {
		/* An odd factor makes an order of its own; some names are as long as names can be. */
		int size = snprintf(name, sizeof name, "%08x%08x", i * 2654435761u, i);
		if (i % 50 == 0) {
			memset(name + size, 'x', 255 - (size_t)size);
			name[255] = '\0';
		}
		put(name);
	}
	struct names *names = names_new(folder_fd, NULL, SMALL, &fail);
	while (names_next(names, &count, &fail) == 0 && count > 0) {
		batches++;
		for (size_t i = 0; i < count; i++, seen++) {
			assert_true(strcmp(last, names_get(names, i)) < 0);
			(void)snprintf(last, sizeof last, "%s", names_get(names, i));
		}
	}
	assert_int_equal(seen, MANY);
	assert_in_range(batches, 4, 24);
	names_free(names);
}

/* Less than any use is made more, and it goes on in batches. */
static void takes_any_memory(void **state)
{
	(void)state;
	struct fail fail;
	size_t count = 0;

	put("a");
	struct names *names = names_new(folder_fd, NULL, 1, &fail);
	assert_non_null(names);
	assert_int_equal(names_next(names, &count, &fail), 0);
	assert_int_equal(count, 1);
	names_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(has_none_in_an_empty_folder, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(gives_them_in_the_order_of_their_bytes, folder_open,
						folder_close),
		cmocka_unit_test_setup_teardown(gives_all_of_them_in_batches, folder_open, folder_close),
		cmocka_unit_test_setup_teardown(takes_any_memory, folder_open, folder_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
