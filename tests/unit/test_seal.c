#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/format/seal.h"

#include <sodium.h>
#include <string.h>
#include <sysexits.h>

static struct seal_pair pair;
static struct seal_pair stranger;

static int make_pairs(void **state)
{
	struct fail fail;

	(void)state;
	if (seal_init(&fail) != 0)
		return -1;
	seal_make_pair(&pair.public_key, &pair.secret);
	seal_make_pair(&stranger.public_key, &stranger.secret);
	return 0;
}

static void sizes_tell_only_the_block(void **state)
{
	(void)state;
	const struct {
		size_t report;
		size_t blob;
	} cases[] = {{1, 848},     {799, 848},   {800, 1648}, {1599, 1648},
		     {1600, 2448}, {2399, 2448}, {2400, 3248}};
	static uint8_t report[2400];

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		auto_buf struct buf blob = BUF_INIT(SEAL_BLOB_MAX);
		struct fail fail;
		assert_int_equal(seal_close(&pair.public_key, report, cases[i].report, &blob, &fail), 0);
		assert_int_equal(blob.size, cases[i].blob);
	}
}

static void opens_what_it_closed(void **state)
{
	(void)state;
	const size_t sizes[] = {1, 799, 800, 2399, SEAL_INPUT_MAX};
	static uint8_t report[SEAL_INPUT_MAX];

	for (size_t i = 0; i < sizeof report; i++)
		report[i] =
			(uint8_t)(i *
				  7); /* 0x80 and zeros at the end among them: the padding must not eat these */
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		auto_buf struct buf blob = BUF_INIT(SEAL_BLOB_MAX);
		auto_buf struct buf opened = BUF_INIT(SEAL_BLOB_MAX);
		const struct seal_pair both[] = {stranger, pair};
		struct fail fail;
		report[sizes[i] - 1] = 0x80;
		assert_int_equal(seal_close(&pair.public_key, report, sizes[i], &blob, &fail), 0);
		assert_int_equal(seal_open(both, 2, blob.data, blob.size, &opened, &fail), 0);
		assert_int_equal(opened.size, sizes[i]);
		assert_memory_equal(opened.data, report, sizes[i]);
	}
}

static void refuses_what_cannot_be_sealed(void **state)
{
	(void)state;
	auto_buf struct buf blob = BUF_INIT(SEAL_BLOB_MAX);
	static uint8_t report[SEAL_INPUT_MAX + 1];
	const struct seal_key low_order = {{0}};
	struct fail fail;

	assert_fails(seal_close(&pair.public_key, report, 0, &blob, &fail), fail, EX_NOINPUT,
		     "nothing to seal");
	assert_fails(seal_close(&pair.public_key, report, sizeof report, &blob, &fail), fail, EX_DATAERR,
		     "more than 1048576 bytes to seal");
	assert_fails(seal_close(&low_order, report, 1, &blob, &fail), fail, EX_DATAERR,
		     "the public key is not usable");
	assert_int_equal(blob.size, 0);
}

/* One bit anywhere, one byte less or more, any cut: none opens, and nothing is handed out. */
static void refuses_what_was_changed(void **state)
{
	(void)state;
	auto_buf struct buf blob = BUF_INIT(SEAL_BLOB_MAX);
	auto_buf struct buf opened = BUF_INIT(SEAL_BLOB_MAX);
	struct fail fail;

	assert_int_equal(seal_close(&pair.public_key, (const uint8_t *)"{}", 2, &blob, &fail), 0);
	for (size_t bit = 0; bit < blob.size * 8; bit++) {
		blob.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		/* X25519 ignores the top bit of a public key (RFC 7748, section 5), but the nonce is made
		 * of it. */
		assert_int_equal(seal_open(&pair, 1, blob.data, blob.size, &opened, &fail), -1);
		assert_int_equal(fail.status, EX_DATAERR);
		blob.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t size = 0; size < blob.size; size++)
		assert_int_equal(seal_open(&pair, 1, blob.data, size, &opened, &fail), -1);
	assert_fails(seal_open(&stranger, 1, blob.data, blob.size, &opened, &fail), fail, EX_DATAERR,
		     "does not open: changed on the way, or sealed for another key");
	assert_int_equal(opened.size, 0);
	assert_int_equal(seal_open(&pair, 1, blob.data, blob.size, &opened, &fail), 0);
}

/* Authentic boxes with every kind of ending: what libsodium's own unpadding makes of them, we do. */
static void takes_the_padding_off_as_libsodium_does(void **state)
{
	(void)state;
	const struct {
		size_t size;
		size_t mark_at; /* where the 0x80 is; beyond the end for none */
		uint8_t behind; /* what follows it */
	} cases[] = {
		{800, 0, 0},    {800, 799, 0},  {800, 400, 0},   {800, 400, 1},      {800, 800, 0},
		{1600, 799, 0}, {1600, 800, 0}, {1600, 1599, 0}, {1600, 1200, 0x80}, {1600, 1600, 0},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t padded[1600] = {'{', '}'};
		uint8_t blob[sizeof padded + SEAL_OVERHEAD_BYTES];
		auto_buf struct buf opened = BUF_INIT(SEAL_BLOB_MAX);
		struct fail fail;
		size_t wanted;
		if (cases[i].mark_at < cases[i].size) {
			padded[cases[i].mark_at] = 0x80;
			for (size_t at = cases[i].mark_at + 1; at < cases[i].size; at++)
				padded[at] = cases[i].behind;
		}
		assert_int_equal(crypto_box_seal(blob, padded, cases[i].size, pair.public_key.bytes), 0);
		int result = seal_open(&pair, 1, blob, cases[i].size + SEAL_OVERHEAD_BYTES, &opened, &fail);
		if (sodium_unpad(&wanted, padded, cases[i].size, SEAL_BLOCK_BYTES) == 0) {
			assert_int_equal(result, 0);
			assert_int_equal(opened.size, wanted);
			assert_memory_equal(opened.data, padded, wanted);
		} else {
			assert_fails(result, fail, EX_DATAERR, "opens, but is not padded as a report is");
			assert_int_equal(opened.size, 0);
		}
	}
}

static void reads_key_files_strictly(void **state)
{
	(void)state;
	const char *good[] = {
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
		"# who\n\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= \r\n#\n",
	};
	const struct {
		const char *text;
		const char *reason;
	} bad[] = {
		{"", "k: holds no key"},
		{"# nothing\n", "k: holds no key"},
		{"AAEC\n", "k:1: not the base64 of a 32-byte key"},
		{"\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", "k:2: not the base64 of a 32-byte key"},
		{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAA==\n",
		 "k:1: not the base64 of a 32-byte key"},
		{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= x\n", "k:1: not the base64 of a 32-byte key"},
		{"AAECAwQFBgcICQoLDA0ODxAR\xd8hMUFRYXGBkaGxwdHh8=\n", "k:1: not the base64 of a 32-byte key"},
		{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
		 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
		 "k:2: a second key in one file"},
	};
	struct seal_key key;
	struct fail fail;

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		memset(&key, 0xff, sizeof key);
		assert_int_equal(seal_parse_key((const uint8_t *)good[i], strlen(good[i]), "k", &key, &fail),
				 0);
		for (uint8_t at = 0; at < SEAL_KEY_BYTES; at++)
			assert_int_equal(key.bytes[at], at);
	}
	memset(&key, 0x55, sizeof key);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_fails(
			seal_parse_key((const uint8_t *)bad[i].text, strlen(bad[i].text), "k", &key, &fail),
			fail, EX_DATAERR, bad[i].reason);
	assert_int_equal(key.bytes[0], 0x55);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_tell_only_the_block),
		cmocka_unit_test(opens_what_it_closed),
		cmocka_unit_test(refuses_what_cannot_be_sealed),
		cmocka_unit_test(refuses_what_was_changed),
		cmocka_unit_test(takes_the_padding_off_as_libsodium_does),
		cmocka_unit_test(reads_key_files_strictly),
	};

	return cmocka_run_group_tests(tests, make_pairs, NULL);
}
