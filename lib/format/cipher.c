#include "lib/format/cipher.h"

#include "lib/base/fail.h"

#include <sodium.h>
#include <string.h>

_Static_assert(CIPHER_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(CIPHER_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");

static void derive(const uint8_t *key, const char *purpose, uint8_t *out, size_t size)
{
	/* Fails only on sizes out of range, and these are constants. */
	(void)crypto_generichash(out, size, (const uint8_t *)purpose, strlen(purpose), key, CIPHER_KEY_BYTES);
}

int cipher_init(struct cipher *cipher, const uint8_t *key, struct fail *fail)
{
	uint8_t id[crypto_generichash_BYTES];

	if (sodium_init() < 0)
		return fail_set(fail, EX_SOFTWARE, "libsodium: cannot be initialised");
	derive(key, "sls-alert spool: encrypt", cipher->encrypt, sizeof cipher->encrypt);
	derive(key, "sls-alert spool: check", cipher->check, sizeof cipher->check);
	derive(key, "sls-alert spool: id", id, sizeof id);
	memcpy(cipher->id, id, sizeof cipher->id);
	return 0;
}

void cipher_wipe(struct cipher *cipher)
{
	sodium_memzero(cipher, sizeof *cipher);
}

void cipher_make_nonce(uint8_t *nonce)
{
	randombytes_buf(nonce, CIPHER_NONCE_BYTES);
}

static void full_nonce(const uint8_t *nonce, uint64_t index, uint8_t *full)
{
	memcpy(full, nonce, CIPHER_NONCE_BYTES);
	for (int i = 0; i < 8; i++)
		full[CIPHER_NONCE_BYTES + i] = (uint8_t)(index >> (8 * i));
}

void cipher_seal(const struct cipher *cipher, const uint8_t *nonce, uint64_t index, const uint8_t *bytes,
		 size_t size, uint8_t *out, uint8_t *tag)
{
	uint8_t full[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

	full_nonce(nonce, index, full);
	/* Always 0: a record is far below the cipher's limit of 256 GB. */
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt_detached(out, tag, NULL, bytes, size, NULL, 0, NULL,
								  full, cipher->encrypt);
}

int cipher_open(const struct cipher *cipher, const uint8_t *nonce, uint64_t index, const uint8_t *bytes,
		size_t size, const uint8_t *tag, uint8_t *out)
{
	uint8_t full[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

	full_nonce(nonce, index, full);
	return crypto_aead_xchacha20poly1305_ietf_decrypt_detached(out, NULL, bytes, size, tag, NULL, 0, full,
								   cipher->encrypt);
}

void cipher_make_check(const struct cipher *cipher, const uint8_t *a, size_t a_size, const uint8_t *b,
		       size_t b_size, uint8_t *tag)
{
	crypto_generichash_state state;

	/* None of the three fails with sizes in range. */
	(void)crypto_generichash_init(&state, cipher->check, sizeof cipher->check, CIPHER_TAG_BYTES);
	(void)crypto_generichash_update(&state, a, a_size);
	(void)crypto_generichash_update(&state, b, b_size);
	(void)crypto_generichash_final(&state, tag, CIPHER_TAG_BYTES);
	sodium_memzero(&state, sizeof state);
}

bool cipher_check_is_good(const struct cipher *cipher, const uint8_t *a, size_t a_size, const uint8_t *b,
			  size_t b_size, const uint8_t *tag)
{
	uint8_t wanted[CIPHER_TAG_BYTES];

	cipher_make_check(cipher, a, a_size, b, b_size, wanted);
	return sodium_memcmp(wanted, tag, sizeof wanted) == 0;
}
