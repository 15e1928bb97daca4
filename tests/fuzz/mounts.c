/* /proc/self/mountinfo (lib/facts mounts): a text cut at a line says no more than the whole. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/facts/mounts.h"

#include <string.h>

static struct mounts parse(const uint8_t *bytes, size_t size)
{
	struct mounts mounts = {0};

	mounts_parse((struct span){bytes, size}, &mounts);
	REQUIRE(memchr(mounts.root_type, '\0', sizeof mounts.root_type) != NULL);
	return mounts;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct mounts all = parse(bytes, size);
	const uint8_t *newline = size == 0 ? NULL : memrchr(bytes, '\n', size - 1);
	struct mounts part = parse(bytes, newline == NULL ? 0 : (size_t)(newline - bytes) + 1);

	REQUIRE(all.cifs >= part.cifs && all.nfs3 >= part.nfs3 && all.nfs4 >= part.nfs4);
	REQUIRE(all.nfs_unclear >= part.nfs_unclear && all.selinux >= part.selinux);
	return 0;
}
