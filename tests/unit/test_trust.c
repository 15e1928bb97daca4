#include "tests/unit/folder.h"

#include "lib/net/trust.h"

#include <sys/wait.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* Makes the authorities that the tests of sls-alert use, too. */
static int make_authorities(void **state)
{
	int status;

	if (folder_make(state) != 0)
		return -1;
	pid_t child = fork();
	if (child == 0) {
		(void)execl("/bin/sh", "sh", "tests/peers/ca.sh", folder, (char *)NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

enum { FILES_MAX = 4 };

/* Loads space-separated names below the folder. */
static struct trust *load(const char *certificates, const char *crls)
{
	static char paths[2][FILES_MAX][128];
	const char *lists[2][FILES_MAX];
	size_t counts[2] = {0, 0};
	struct fail fail = {0};

	for (int i = 0; i < 2; i++) {
		for (const char *at = i == 0 ? certificates : crls; *at != '\0'; at += strspn(at, " ")) {
			int size = (int)strcspn(at, " ");
			(void)snprintf(paths[i][counts[i]], sizeof paths[i][0], "%s/%.*s", folder, size, at);
			lists[i][counts[i]] = paths[i][counts[i]];
			counts[i]++;
			at += size;
		}
	}
	struct trust *trust = trust_load(lists[0], counts[0], lists[1], counts[1], time(NULL), &fail);
	assert_non_null(trust);
	return trust;
}

static void takes_whole_pairs(void **state)
{
	(void)state;
	struct fail fail = {0};
	struct trust *trust = load("ca1.crt ca2.crt.der", "ca1.crl ca2.crl.der");
	const struct trust_pair *pair = trust_get(trust, 0);
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	assert_int_equal(trust_count(trust), 2);
	assert_true(pair->usable);
	assert_string_equal(pair->problem, "");
	assert_string_equal(pair->name, "CN = Test Root 1");
	assert_int_equal(pair->expires_at, 4070908800); /* 2099-01-01 */
	assert_in_range(pair->crl_due_at, time(NULL) + 29 * 86400, time(NULL) + 31 * 86400);
	assert_int_equal(pair->revoked, 2);
	assert_true(trust_get(trust, 1)->usable);
	assert_int_equal(trust_find(trust, 1), 1);
	assert_int_equal(trust_check(trust, &fail), 0);
	assert_int_equal(trust_apply(trust, 1, context), 0);
	SSL_CTX_free(context);
	trust_free(trust);
}

/* A list of ca1's that names no end, as X.509 allows. */
static void make_endless_list(void)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *begins = ASN1_TIME_set(NULL, 1577836800); /* 2020-01-01 */
	FILE *file = fopen(folder_path("ca1.crt"), "r");

	assert_true(crl != NULL && begins != NULL && file != NULL);
	X509 *authority = PEM_read_X509(file, NULL, NULL, NULL);
	assert_non_null(authority);
	assert_int_equal(fclose(file), 0);
	file = fopen(folder_path("db/root1.key"), "r");
	assert_non_null(file);
	EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	assert_non_null(key);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(X509_CRL_set_version(crl, 1), 1);
	assert_int_equal(X509_CRL_set_issuer_name(crl, X509_get_subject_name(authority)), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, begins), 1);
	assert_true(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
	file = fopen(folder_path("ca1-endless.crl"), "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509_CRL(file, crl), 1);
	assert_int_equal(fclose(file), 0);
	X509_CRL_free(crl);
	ASN1_TIME_free(begins);
	X509_free(authority);
	EVP_PKEY_free(key);
}

static void names_what_is_wrong_with_a_pair(void **state)
{
	(void)state;
	const struct {
		const char *certificates;
		const char *crls;
		const char *problem; /* of the first pair */
		size_t usable;       /* the first that is; 2: none */
	} cases[] = {
		{"ca1.crt ca2.crt", "ca1-expired.crl ca2.crl", "ca1-expired.crl: expired on 2020-02-01", 1},
		{"ca1.crt ca2.crt", "ca1-future.crl ca2.crl",
		 "ca1-future.crl: is not valid before 2100-01-01", 1},
		{"ca1.crt ca2.crt", "ca1-forged.crl ca2.crl",
		 "ca1-forged.crl: the list of CN = Test Root 1 is not signed by it", 1},
		{"ca1.crt ca2.crt", "ca2.crl ca2.crl", "ca2.crl: holds no list of CN = Test Root 1", 1},
		{"ca1.crt ca2.crt", "none.crl ca2.crl", "none.crl: No such file or directory", 1},
		{"ca1.crt ca2.crt", "ca2.crt ca2.crl",
		 "ca2.crt: holds a certificate where a revocation list belongs", 1},
		{"ca1.crl ca2.crt", "ca1.crl ca2.crl",
		 "ca1.crl: holds a revocation list where a certificate belongs", 1},
		{"ca-expired.crt ca2.crt", "ca-expired.crl ca2.crl", "ca-expired.crt: expired on 2020-01-01",
		 1},
		{"good.pem ca2.crt", "ca1.crl ca2.crl", "good.pem: is no CA's certificate", 1},
		{"good.key ca2.crt", "ca1.crl ca2.crl",
		 "good.key: holds neither certificates nor a revocation list that can be read", 1},
		{"empty ca2.crt", "ca1.crl ca2.crl", "empty: is empty", 1},
		{"garbage ca2.crt", "ca1.crl ca2.crl",
		 "garbage: holds neither certificates nor a revocation list that can be read", 1},
		{"db ca2.crt", "ca1.crl ca2.crl", "db: not a regular file but a folder", 1},
		/* The article's own slip: the second pair is what suffers. */
		{"ca1.crt ca2.crt", "ca1.crl ca2.crt", "", 0},
		/* In the wrong order, yet all there. */
		{"ca1.crt ca2.crt", "ca2.crl ca1.crl", "", 0},
		{"ca1.crt", "ca1-expired.crl", "ca1-expired.crl: expired on 2020-02-01", 2},
		/* The next list, put there before its time beside the present one. */
		{"ca1.crt ca2.crt", "ca1-future.crl ca1.crl", "", 0},
		{"ca1.crt ca2.crt", "ca1.crl ca1-future.crl", "", 0},
		/* One without an end outlasts one that has expired. */
		{"ca1.crt ca2.crt", "ca1-expired.crl ca1-endless.crl", "", 0},
		{"ca1.crt ca2.crt", "ca1-endless.crl ca1-expired.crl", "", 0},
	};

	make_endless_list();
	folder_put("empty", "");
	folder_put("garbage", "\x30\x82\x01\x01 not a certificate");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct trust *trust = load(cases[i].certificates, cases[i].crls);
		const char *problem = trust_get(trust, 0)->problem;
		const char *slash = strrchr(problem, '/');
		if (strcmp(slash == NULL ? problem : slash + 1, cases[i].problem) != 0)
			fail_msg("%s | %s: %s", cases[i].certificates, cases[i].crls, problem);
		size_t usable = trust_find(trust, 0);
		assert_int_equal(usable == trust_count(trust) ? 2 : usable, cases[i].usable);
		trust_free(trust);
	}
	struct trust *trust = load("ca1.crt", "ca1.crl ca2.crl");
	assert_int_equal(trust_find(trust, 0), 0);
	assert_non_null(
		strstr(trust_get(trust, 1)->problem, "ca2.crl: no certificate is paired with this list"));
	trust_free(trust);
}

static void says_so_when_none_is_left(void **state)
{
	(void)state;
	struct fail fail = {0};
	struct trust *trust = load("ca1.crt ca2.crt", "ca1-expired.crl none");

	assert_int_equal(trust_find(trust, 0), 2);
	assert_int_equal(trust_check(trust, &fail), -1);
	assert_int_equal(fail.status, EX_CONFIG);
	assert_non_null(strstr(fail.text, "ca1-expired.crl: expired on 2020-02-01"));
	trust_free(trust);
	trust = load("ca1.crt ca2.crt", "ca1.crl");
	assert_true(trust_get(trust, 0)->usable);
	assert_false(trust_get(trust, 1)->usable);
	assert_non_null(strstr(trust_get(trust, 1)->problem,
			       "ca2.crt: no revocation list is paired with this certificate"));
	trust_free(trust);
}

/* In a process that has no terminal, and alerts to read. */
static void load_beside_input(void)
{
	static const char encrypted[] = "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
					"DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
					"MDEyMzQ1Njc4OWFiY2RlZg==\n-----END CERTIFICATE-----\n";
	char path[sizeof folder + sizeof "/encrypted"];
	char first[sizeof "alert"] = "";
	int ends[2];

	(void)snprintf(path, sizeof path, "%s/encrypted", folder);
	FILE *file = fopen(path, "w");
	if (file == NULL || fputs(encrypted, file) < 0 || fclose(file) != 0 || setsid() < 0 ||
	    pipe(ends) != 0 || write(ends[1], "alert\nalert\n", 12) != 12 || close(ends[1]) != 0 ||
	    dup2(ends[0], STDIN_FILENO) < 0)
		_exit(2);
	struct trust *trust = load("encrypted", "encrypted");
	bool usable = trust_get(trust, 0)->usable;
	trust_free(trust);
	_exit(!usable && read(STDIN_FILENO, first, sizeof first - 1) == 5 && strcmp(first, "alert") == 0 ? 0
													 : 1);
}

static void asks_nobody_for_a_passphrase(void **state)
{
	(void)state;
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		load_beside_input();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_whole_pairs),
		cmocka_unit_test(names_what_is_wrong_with_a_pair),
		cmocka_unit_test(says_so_when_none_is_left),
		cmocka_unit_test(asks_nobody_for_a_passphrase),
	};

	return cmocka_run_group_tests(tests, make_authorities, folder_remove);
}
