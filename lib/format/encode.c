#include "lib/format/encode.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"

#include <errno.h>
#include <stdbool.h>

struct sink {
	struct buf *out;
	int error; /* of the first bytes that did not fit */
};

/* Remembers the error: jansson (2.14) forgets it where the bytes are a name. */
static int add(const char *bytes, size_t size, void *data)
{
	struct sink *sink = data;

	if (sink->error == 0 && buf_add(sink->out, bytes, size) != 0)
		sink->error = errno;
	return sink->error == 0 ? 0 : -1;
}

int encode_add(json_t *tree, size_t flags, struct buf *out, struct fail *fail)
{
	struct sink sink = {out, 0};
	bool good = tree != NULL && json_dump_callback(tree, add, &sink, flags) == 0 &&
		    add("\n", 1, &sink) == 0;

	json_decref(tree);
	if (good)
		return 0;
	errno = sink.error != 0 ? sink.error
				: ENOMEM; /* a missing tree means that, and jansson lacks nothing else */
	return fail_errno(fail, errno == EFBIG ? EX_SOFTWARE : EX_OSERR, "JSON");
}
