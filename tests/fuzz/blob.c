/* Sealed reports (lib/format seal): what was sealed comes back, anything else is refused.
 *
 * Input: '0' the blob itself; '1' what is in a box for our key, padded or not; '2' a report to be sealed and then
 * changed, at the byte and by the bit that its first four bytes say. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/fail.h"
#include "lib/format/seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void open_raw(const struct seal_pair *pair, struct fuzz blob)
{
	struct buf out = BUF_INIT(SEAL_BLOB_MAX);
	struct fail fail;

	if (seal_open(pair, 1, blob.bytes, blob.size, &out, &fail) == 0)
		REQUIRE(out.size < blob.size - SEAL_OVERHEAD_BYTES);
	else
		REQUIRE(out.size == 0 && fail.status == EX_DATAERR);
	buf_fini(&out);
}

static void open_box(const struct seal_pair *pair, struct fuzz padded)
{
	uint8_t *blob = malloc(padded.size + SEAL_OVERHEAD_BYTES);
	struct buf out = BUF_INIT(SEAL_BLOB_MAX);
	struct fail fail;
	size_t size;

	REQUIRE(crypto_box_seal(blob, padded.bytes, padded.size, pair->public_key.bytes) == 0);
	int result = seal_open(pair, 1, blob, padded.size + SEAL_OVERHEAD_BYTES, &out, &fail);
	bool good = padded.size > 0 && padded.size % SEAL_BLOCK_BYTES == 0 &&
		    sodium_unpad(&size, padded.bytes, padded.size, SEAL_BLOCK_BYTES) == 0;
	REQUIRE((result == 0) == good);
	REQUIRE(!good || (out.size == size && (size == 0 || memcmp(out.data, padded.bytes, size) == 0)));
	buf_fini(&out);
	free(blob);
}

static void open_changed(const struct seal_pair *pair, struct fuzz in)
{
	struct buf blob = BUF_INIT(SEAL_BLOB_MAX);
	struct buf out = BUF_INIT(SEAL_BLOB_MAX);
	struct fail fail;

	if (in.size > 4 && seal_close(&pair->public_key, in.bytes + 4, in.size - 4, &blob, &fail) == 0) {
		uint32_t place = bytes_get32(in.bytes);
		REQUIRE(blob.size % SEAL_BLOCK_BYTES == SEAL_OVERHEAD_BYTES);
		REQUIRE(seal_open(pair, 1, blob.data, blob.size, &out, &fail) == 0 &&
			out.size == in.size - 4 && memcmp(out.data, in.bytes + 4, out.size) == 0);
		buf_fini(&out);
		blob.data[place % blob.size] ^= (uint8_t)(1U << (place >> 29));
		/* The highest bit of the ephemeral key is no part of it (RFC 7748, section 5), but of the nonce. */
		REQUIRE(seal_open(pair, 1, blob.data, blob.size, &out, &fail) != 0 && out.size == 0);
	}
	buf_fini(&blob);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	struct seal_pair pair = {.secret = {"a secret that is a fuzz target's"}};
	struct fail fail;

	REQUIRE(seal_init(&fail) == 0);
	seal_public_of(&pair.secret, &pair.public_key);
	switch (fuzz_choice(&in, 3)) {
	case 0:
		open_raw(&pair, in);
		break;
	case 1:
		open_box(&pair, in);
		break;
	default:
		open_changed(&pair, in);
	}
	return 0;
}
