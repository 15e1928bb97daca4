#include "cmd/sav-decrypt/blob.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/format/jsonscan.h"
#include "lib/format/seal.h"

#include <fcntl.h>
#include <string.h>

int blob_open(const struct seal_pair *pairs, size_t pair_count, int folder_fd, const char *name,
	      struct buf *blob, struct buf *report, struct buf *lines, struct fail *fail)
{
	blob->size = 0;
	report->size = 0;
	if ((folder_fd == AT_FDCWD && strcmp(name, "-") == 0
		     ? io_read_input(name, blob, fail)
		     : io_read_file(folder_fd, name, blob, fail)) != 0)
		return -1;
	if (seal_open(pairs, pair_count, blob->data, blob->size, report, fail) != 0 ||
	    jsonscan_line(report->data, &report->size, fail) != 0)
		return fail_prefix(fail, "%s", name);
	if (buf_reserve(lines, report->size + 1) != 0 || buf_add(lines, report->data, report->size) != 0 ||
	    buf_add_text(lines, "\n") != 0)
		return fail_errno(fail, EX_OSERR, "%s", name);
	return 0;
}
