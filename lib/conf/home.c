#include "lib/conf/home.h"

#include "lib/base/fail.h"

#include <stdio.h>
#include <string.h>

int home_init(struct home *home, const char *value, struct fail *fail)
{
	const char *path = value == NULL || value[0] == '\0' ? SAV_PREFIX : value;
	size_t size = strlen(path);

	if (path[0] != '/')
		return fail_set(fail, EX_CONFIG, "SAV_HOME: %s: not an absolute path", path);
	while (size > 1 && path[size - 1] == '/')
		size--;
	if (size >= sizeof home->path)
		return fail_set(fail, EX_CONFIG, "SAV_HOME: %.64s...: name too long", path);
	memcpy(home->path, path, size);
	home->path[size] = '\0';
	return 0;
}

int home_path(const struct home *home, const char *relative, char *out, struct fail *fail)
{
	const char *base = strcmp(home->path, "/") == 0 ? "" : home->path;
	int used = snprintf(out, PATH_MAX, "%s/%s", base, relative);

	if (used < 0 || used >= PATH_MAX)
		return fail_set(fail, EX_CONFIG, "%.64s.../%s: name too long", home->path, relative);
	return 0;
}
