#include "lib/report/retain.h"

#include "lib/base/fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { S_PER_DAY = 24 * 60 * 60 };

enum retain retain_judge(time_t now, time_t modified, time_t changed, int days)
{
	time_t since = modified < changed ? modified : changed;

	if (since > now + S_PER_DAY)
		return RETAIN_UNKNOWN;
	return now - since >= (time_t)days * S_PER_DAY ? RETAIN_REMOVE : RETAIN_KEEP;
}

/* How many names deep a folder has to be, by the first of them. */
static const struct {
	const char *first;
	size_t depth_min; /* 0: never deep enough */
} rules[] = {
	{"bin", 0},   {"boot", 0},   {"dev", 0},  {"etc", 0},  {"home", 3}, {"lib", 0}, {"lib32", 0},
	{"lib64", 0}, {"libx32", 0}, {"proc", 0}, {"sbin", 0}, {"sys", 0},  {"usr", 0}, {"var", 3},
};
enum { DEPTH_MIN = 2 };

static size_t depth_of(const char *path)
{
	size_t depth = 0;

	for (; *path != '\0'; path++)
		depth += path[0] == '/' && path[1] != '\0';
	return depth;
}

static bool is_deep_enough(const char *path)
{
	size_t first_size = strcspn(path + 1, "/");

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (strlen(rules[i].first) == first_size && memcmp(path + 1, rules[i].first, first_size) == 0)
			return rules[i].depth_min > 0 && depth_of(path) >= rules[i].depth_min;
	return depth_of(path) >= DEPTH_MIN;
}

int retain_check_folder(const char *path, const char *home, struct fail *fail)
{
	if (is_deep_enough(path) && (home == NULL || strcmp(path, home) != 0))
		return 0;
	(void)fail_set(fail, EX_USAGE, "%s: a system or home folder, not a drop", path);
	return fail_hint(fail, "give the drop a folder of its own, such as /srv/feedback/drop");
}
