#include "tests/unit/unit.h"

#include "lib/format/hash.h"

#include <string.h>

/* Computed with Python: hashlib.blake2b(b"abc", key=bytes(range(32)), digest_size=16), and PyNaCl's
 * argon2id.kdf(16, b"abc", bytes(range(16)), OPSLIMIT_INTERACTIVE, MEMLIMIT_INTERACTIVE). */
static const char keyed_abc[] = "1a64be47e4729d951c302ee543f97cf3";
static const char slow_abc[] = "e3d4b6725116916a3ff97443ea00a1e9";

static void are_those_of_other_programs(void **state)
{
	(void)state;
	uint8_t key[HASH_KEY_BYTES];
	uint8_t salt[HASH_SALT_BYTES];
	char text[HASH_TEXT_SIZE];
	struct fail fail;

	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)i;
	memcpy(salt, key, sizeof salt);
	assert_int_equal(hash_keyed(key, "abc", 3, text, &fail), 0);
	assert_string_equal(text, keyed_abc);
	assert_int_equal(hash_slow(salt, "abc", 3, text, &fail), 0);
	assert_string_equal(text, slow_abc);
}

static void keys_differ(void **state)
{
	(void)state;
	uint8_t one[HASH_KEY_BYTES] = {0};
	uint8_t two[HASH_KEY_BYTES] = {0};
	struct fail fail;

	assert_int_equal(hash_make_key(one, &fail), 0);
	assert_int_equal(hash_make_key(two, &fail), 0);
	assert_memory_not_equal(one, two, sizeof one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_those_of_other_programs),
		cmocka_unit_test(keys_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
