/* A whole spool as a crash or a bad disk leaves it (lib/alert spool, spool_recover, spool_reader): it opens or is
 * refused, and what it hands out is whole lines in order. Input: a segment behind its size
 * (fuzz_first), the last one. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/alert/spool.h"
#include "lib/alert/spool_format.h"
#include "lib/alert/spool_reader.h"
#include "lib/base/bytes.h"
#include "lib/base/fail.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { AT_FIRST = 24, BATCH_BYTES = 1 << 20, BATCH_COUNT = 100 };

static void read_all(struct spool *spool)
{
	struct spool_batch batch;
	struct fail fail;
	uint64_t next = 1;
	struct spool_reader *reader = spool_reader_open(spool, "mcs", &fail);

	if (reader == NULL)
		return;
	while (spool_reader_next(reader, BATCH_BYTES, BATCH_COUNT, &batch, &fail) == 1) {
		REQUIRE(batch.count >= 1 && batch.first >= next && batch.ends[batch.count - 1] == batch.size);
		next = batch.first + batch.count;
		REQUIRE(spool_reader_done(reader, &batch, 0, batch.count, &fail) == 0);
		spool_reader_release(reader, &batch);
	}
	spool_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	struct fuzz first = fuzz_first(&in);
	char path[320];
	char name[64];
	struct fail fail;

	(void)snprintf(path, sizeof path, "%s/spool", fuzz_folder());
	if (first.size > 0)
		(void)fuzz_put("spool/0000000000000001.seg", first.bytes, first.size);
	/* A segment is named after its first record. */
	uint64_t number = in.size < SPOOL_FORMAT_HEAD_BYTES ? 1 : bytes_get64(in.bytes + AT_FIRST);
	(void)snprintf(name, sizeof name, "spool/%016llx.seg",
		       number < 1 || number > INT64_MAX || number == (first.size > 0)
			       ? 2ULL
			       : (unsigned long long)number);
	(void)fuzz_put(name, in.bytes, in.size);
	const struct spool_options options = {.path = path, .limit_bytes = SPOOL_LIMIT_MIN};
	struct spool *spool = spool_open(&options, &fail);
	if (spool != NULL)
		read_all(spool);
	spool_close(spool);
	fuzz_clear();
	return 0;
}
