/* Bytes as a segment of the spool: whatever they are, reading it ends, stays in bounds, and gives only what verifies. With libFuzzer:
 *
 *	clang -fsanitize=fuzzer,address,undefined ... tests/fuzz/fuzz_spool.c
 *
 * tests/unit/test_spool_format.c runs it over a segment cut and flipped at every byte. */
#include "tests/fuzz/fuzz_spool.h"

#include "lib/alert/spool_scan.h"
#include "lib/base/fail.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

size_t fuzz_spool_read(const uint8_t *bytes, size_t size)
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

#ifdef FUZZ
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	(void)fuzz_spool_read(bytes, size);
	return 0;
}
#endif
