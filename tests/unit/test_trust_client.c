#include "tests/unit/folder.h"

#include "lib/net/trust_client.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static char paths[8][FOLDER_PATH];
enum file { CERTIFICATE, LOCKED, KEY, OTHER_KEY, LOCKED_KEY, OPEN_KEY, NOTHING, MISSING };

static FILE *make(enum file file, const char *name, mode_t mode)
{
	(void)snprintf(paths[file], sizeof paths[file], "%s", folder_path(name));
	int fd = open(paths[file], O_WRONLY | O_CREAT | O_EXCL, mode);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "w");
	if (stream == NULL || fchmod(fd, mode) != 0)
		abort();
	return stream;
}

static void put_key(enum file file, const char *name, mode_t mode, EVP_PKEY *key, const char *passphrase)
{
	FILE *stream = make(file, name, mode);

	assert_int_equal(PEM_write_PrivateKey(stream, key, passphrase == NULL ? NULL : EVP_aes_256_cbc(),
					      NULL, 0, NULL, (char *)(uintptr_t)passphrase),
			 1);
	assert_int_equal(fclose(stream), 0);
}

/* On NIST P-256; EVP_EC_gen() is of OpenSSL 3. */
static EVP_PKEY *make_key(void)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);

	if (context != NULL && EVP_PKEY_keygen_init(context) == 1 &&
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1)
		(void)EVP_PKEY_keygen(context, &key);
	EVP_PKEY_CTX_free(context);
	return key;
}

static int make_files(void **state)
{
	EVP_PKEY *key = make_key();
	EVP_PKEY *other = make_key();
	X509 *certificate = X509_new();

	if (folder_make(state) != 0 || key == NULL || other == NULL || certificate == NULL ||
	    X509_gmtime_adj(X509_getm_notBefore(certificate), 0) == NULL ||
	    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) == NULL ||
	    X509_set_pubkey(certificate, key) != 1 || X509_sign(certificate, key, EVP_sha256()) == 0)
		return -1;
	FILE *stream = make(CERTIFICATE, "client.pem", 0644);
	(void)PEM_write_X509(stream, certificate);
	(void)fclose(stream);
	stream = make(LOCKED, "locked.pem", 0644); /* the first one can be read */
	(void)PEM_write_X509(stream, certificate);
	(void)fputs("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
		    "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
		    "MDEyMzQ1Njc4OWFiY2RlZg==\n-----END CERTIFICATE-----\n",
		    stream);
	(void)fclose(stream);
	put_key(KEY, "client.key", 0600, key, NULL);
	put_key(OTHER_KEY, "other.key", 0600, other, NULL);
	put_key(LOCKED_KEY, "locked.key", 0600, key, "secret");
	put_key(OPEN_KEY, "open.key", 0644, key, NULL);
	(void)fclose(make(NOTHING, "empty", 0600));
	(void)snprintf(paths[MISSING], sizeof paths[MISSING], "%s", folder_path("missing"));
	X509_free(certificate);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	return 0;
}

static void reads_what_belongs_together(void **state)
{
	struct trust_client client;
	struct fail fail;

	(void)state;
	assert_int_equal(
		trust_client_load(paths[CERTIFICATE], paths[CERTIFICATE], paths[KEY], &client, &fail), 0);
	assert_int_equal(client.ca.size, client.certificate.size);
	assert_true(client.key.size > 0);
	trust_client_fini(&client);
	assert_int_equal(trust_client_load(NULL, NULL, NULL, &client, &fail), 0);
	assert_int_equal(client.ca.size + client.certificate.size + client.key.size, 0);
	trust_client_fini(&client);
}

static void refuses_what_cannot_be_used(void **state)
{
	static const struct {
		int ca, certificate, key; /* -1: none */
		int status;
		const char *text; /* behind the folder */
	} cases[] = {
		{-1, CERTIFICATE, OTHER_KEY, EX_CONFIG, "other.key: not the key of "},
		{-1, CERTIFICATE, LOCKED_KEY, EX_CONFIG, "locked.key: is under a passphrase"},
		{-1, CERTIFICATE, CERTIFICATE, EX_NOPERM, "client.pem: others can read it (mode 0644)"},
		{-1, CERTIFICATE, OPEN_KEY, EX_NOPERM, "open.key: others can read it (mode 0644)"},
		{-1, CERTIFICATE, NOTHING, EX_CONFIG, "empty: holds no private key in PEM"},
		{-1, CERTIFICATE, MISSING, EX_NOINPUT, "missing: No such file or directory"},
		{-1, KEY, KEY, EX_CONFIG, "client.key: holds no certificate in PEM"},
		{-1, LOCKED, KEY, EX_CONFIG, "locked.pem: holds something under a passphrase"},
		{LOCKED, -1, -1, EX_CONFIG, "locked.pem: holds something under a passphrase"},
		{NOTHING, -1, -1, EX_CONFIG, "empty: holds no certificate in PEM"},
		{KEY, -1, -1, EX_CONFIG, "client.key: holds no certificate in PEM"},
		{MISSING, -1, -1, EX_NOINPUT, "missing: No such file or directory"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct trust_client client = {.key = {.limit = 1}};
		const struct trust_client before = client;
		struct fail fail;
		assert_int_equal(
			trust_client_load(cases[i].ca < 0 ? NULL : paths[cases[i].ca],
					  cases[i].certificate < 0 ? NULL : paths[cases[i].certificate],
					  cases[i].key < 0 ? NULL : paths[cases[i].key], &client, &fail),
			-1);
		assert_int_equal(fail.status, cases[i].status);
		assert_memory_equal(fail.text, folder, strlen(folder));
		assert_memory_equal(fail.text + strlen(folder) + 1, cases[i].text, strlen(cases[i].text));
		assert_memory_equal(&client, &before, sizeof client);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_belongs_together),
		cmocka_unit_test(refuses_what_cannot_be_used),
	};

	return cmocka_run_group_tests(tests, make_files, folder_remove);
}
