#include "lib/facts/encode.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"

#include <errno.h>

static int add(const char *bytes, size_t size, void *data)
{
	return buf_add(data, bytes, size);
}

int encode_add(json_t *tree, bool pretty, struct buf *out, struct fail *fail)
{
	enum { INDENT = 2 };
	int result = -1;

	errno = ENOMEM; /* what a missing tree means */
	if (tree != NULL)
		result = json_dump_callback(tree, add, out, pretty ? JSON_INDENT(INDENT) : JSON_COMPACT);
	if (result == 0)
		result = buf_add(out, "\n", 1);
	int error = errno;
	json_decref(tree);
	errno = error;
	return result == 0 ? 0 : fail_errno(fail, error == EFBIG ? EX_SOFTWARE : EX_OSERR, "JSON");
}
