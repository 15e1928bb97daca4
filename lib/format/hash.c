#include "lib/format/hash.h"

#include "lib/base/fail.h"

#include <sodium.h>

enum { DIGEST_BYTES = (HASH_TEXT_SIZE - 1) / 2 };

_Static_assert(HASH_SALT_BYTES == crypto_pwhash_argon2id_SALTBYTES, "the salt of Argon2id");
_Static_assert((int)DIGEST_BYTES >= (int)crypto_generichash_BYTES_MIN &&
		       (int)DIGEST_BYTES >= (int)crypto_pwhash_argon2id_BYTES_MIN,
	       "both hashes come in this length");

static int ready(struct fail *fail)
{
	if (sodium_init() < 0)
		return fail_set(fail, EX_SOFTWARE, "libsodium: cannot be used here");
	return 0;
}

int hash_make_key(uint8_t key[HASH_KEY_BYTES], struct fail *fail)
{
	if (ready(fail) != 0)
		return -1;
	randombytes_buf(key, HASH_KEY_BYTES);
	return 0;
}

int hash_keyed(const uint8_t key[HASH_KEY_BYTES], const void *bytes, size_t size, char out[HASH_TEXT_SIZE],
	       struct fail *fail)
{
	uint8_t digest[DIGEST_BYTES];

	if (ready(fail) != 0)
		return -1;
	if (crypto_generichash(digest, sizeof digest, bytes, size, key, HASH_KEY_BYTES) != 0)
		return fail_set(fail, EX_SOFTWARE, "libsodium: BLAKE2b failed");
	sodium_bin2hex(out, HASH_TEXT_SIZE, digest, sizeof digest);
	return 0;
}

int hash_slow(const uint8_t salt[HASH_SALT_BYTES], const void *bytes, size_t size, char out[HASH_TEXT_SIZE],
	      struct fail *fail)
{
	uint8_t digest[DIGEST_BYTES];

	if (ready(fail) != 0)
		return -1;
	if (crypto_pwhash(digest, sizeof digest, bytes, size, salt, crypto_pwhash_OPSLIMIT_INTERACTIVE,
			  crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return fail_set(fail, EX_OSERR, "Argon2id: not enough memory");
	sodium_bin2hex(out, HASH_TEXT_SIZE, digest, sizeof digest);
	return 0;
}
