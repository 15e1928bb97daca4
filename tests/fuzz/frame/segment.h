/* A segment of the spool read whole, for the fuzz target and the unit test of its format. */
#ifndef SAV_TESTS_FUZZ_SEGMENT_H
#define SAV_TESTS_FUZZ_SEGMENT_H

#include "lib/alert/spool_scan.h"
#include "lib/base/fail.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Reads the bytes as segment number 1. Returns how many records verified; aborts when an invariant does not
 * hold. */
static inline size_t segment_read(const uint8_t *bytes, size_t size)
{
	static uint8_t out[SPOOL_FORMAT_RECORDS_MAX];
	struct spool_scan scan;
	struct spool_scan_group group;
	struct fail fail;
	uint64_t offset = 0;
	uint64_t first = 1;
	size_t good = 0;
	int fd = memfd_create("segment", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || spool_scan_init(&scan, NULL, &fail) != 0)
		abort();
	spool_scan_open(&scan, fd, 1, size);
	while (spool_scan_find(&scan, offset, first, INT64_MAX, &group)) {
		if (group.offset < offset || group.head.first < first)
			abort();
		for (size_t i = 0; spool_scan_table(&scan, &group) && i < group.head.count; i++)
			good += spool_scan_read(&scan, &group, i, 1, out);
		offset = group.offset + spool_format_group_size(&group.head);
		first = group.head.first + group.head.count;
		if (offset > size)
			abort();
	}
	spool_scan_fini(&scan);
	return good;
}

#endif
