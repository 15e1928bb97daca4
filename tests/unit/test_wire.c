#include "tests/unit/folder.h"
#include "tests/unit/loopback.h"

#include "lib/base/buf.h"
#include "lib/net/wire.h"

#include <signal.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

enum { PATIENCE_MS = 5000 };

static int listen_on_loopback(int type, uint16_t *port)
{
	int fd = loopback_bind(type, port);

	assert_true(type == SOCK_DGRAM || listen(fd, 1) == 0);
	return fd;
}

static void sends_datagrams(void **state)
{
	(void)state;
	struct wire_target target = {.kind = WIRE_UDP, .host = "127.0.0.1", .timeout_ms = PATIENCE_MS};
	struct fail fail = {0};
	char got[16];
	static char large[70000];
	int fd = listen_on_loopback(SOCK_DGRAM, &target.port);
	struct wire *wire = wire_open(&target, &fail);

	assert_non_null(wire);
	assert_false(wire_is_stream(wire));
	assert_int_equal(wire_send(wire, "hello", 5, PATIENCE_MS, &fail), 0);
	assert_int_equal(wire_flush(wire, PATIENCE_MS, &fail), 0);
	assert_int_equal(recv(fd, got, sizeof got, 0), 5);
	assert_int_equal(wire_send(wire, large, sizeof large, PATIENCE_MS, &fail), -1);
	assert_int_equal(fail.status, EX_DATAERR);
	wire_close(wire);
	(void)close(fd);
}

static void sends_a_stream_and_notices_its_end(void **state)
{
	(void)state;
	struct wire_target target = {.kind = WIRE_TCP, .host = "127.0.0.1", .timeout_ms = PATIENCE_MS};
	struct fail fail = {0};
	char got[16];
	int fd = listen_on_loopback(SOCK_STREAM, &target.port);
	struct wire *wire = wire_open(&target, &fail);

	assert_non_null(wire);
	assert_true(wire_is_stream(wire));
	int peer = accept(fd, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(wire_send(wire, "hello", 5, PATIENCE_MS, &fail), 0);
	assert_int_equal(wire_flush(wire, PATIENCE_MS, &fail), 0);
	assert_int_equal(recv(peer, got, sizeof got, 0), 5);
	(void)close(peer);
	/* What is written now would go nowhere; the flush is what tells. */
	while (wire_flush(wire, PATIENCE_MS, &fail) == 0)
		(void)usleep(1000);
	assert_int_equal(fail.status, EX_UNAVAILABLE);
	wire_close(wire);
	(void)close(fd);
	assert_null(wire_open(&target, &fail)); /* nobody there any more */
	assert_int_equal(fail.status, EX_UNAVAILABLE);
}

static void takes_both_kinds_of_unix_sockets(void **state)
{
	(void)state;
	const int types[] = {SOCK_DGRAM, SOCK_STREAM};
	static char large[1 << 20]; /* more than the kernel holds for one */

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		struct fail fail = {0};
		(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", folder_path("s"));
		const struct wire_target target = {
			.kind = WIRE_UNIX, .path = address.sun_path, .timeout_ms = PATIENCE_MS};
		assert_null(wire_open(&target, &fail));
		assert_int_equal(fail.status, EX_UNAVAILABLE);
		int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
		assert_true(types[i] == SOCK_DGRAM || listen(fd, 1) == 0);
		struct wire *wire = wire_open(&target, &fail);
		assert_non_null(wire);
		assert_int_equal(wire_is_stream(wire), types[i] == SOCK_STREAM);
		assert_int_equal(wire_send(wire, "x", 1, PATIENCE_MS, &fail), 0);
		assert_int_equal(wire_flush(wire, PATIENCE_MS, &fail), 0);
		if (types[i] == SOCK_DGRAM) {
			assert_int_equal(wire_send(wire, large, sizeof large, PATIENCE_MS, &fail), -1);
			assert_int_equal(fail.status, EX_DATAERR);
		}
		wire_close(wire);
		(void)close(fd);
		assert_int_equal(unlink(address.sun_path), 0);
	}
}

/* A service that hangs takes no more connections than its queue has room for. */
static void waits_for_a_unix_socket_within_its_limit(void **state)
{
	(void)state;
	enum { HURRY_MS = 50, QUEUE = 2 };
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct wire_target target = {
		.kind = WIRE_UNIX, .path = address.sun_path, .timeout_ms = HURRY_MS};
	struct wire *wires[QUEUE + 1];
	struct fail fail = {0};

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", folder_path("s"));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, QUEUE - 1), 0);
	for (size_t i = 0; i < COUNT_OF(wires); i++) {
		wires[i] = wire_open(&target, &fail);
		assert_int_equal(wires[i] != NULL, i < QUEUE);
	}
	assert_fails(-1, fail, EX_UNAVAILABLE, "Connection timed out");
	for (size_t i = 0; i < COUNT_OF(wires); i++)
		wire_close(wires[i]);
	(void)close(fd);
}

/* On NIST P-256, for "localhost" and an hour. */
static X509 *make_certificate(EVP_PKEY **key)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	X509 *certificate = X509_new();

	assert_true(EVP_PKEY_keygen_init(context) == 1 &&
		    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1 &&
		    EVP_PKEY_keygen(context, key) == 1);
	EVP_PKEY_CTX_free(context);
	X509_NAME *name = X509_get_subject_name(certificate);
	assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost",
					       -1, -1, 0) == 1 &&
		    X509_set_issuer_name(certificate, name) == 1 &&
		    X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL &&
		    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) != NULL &&
		    X509_set_pubkey(certificate, *key) == 1 &&
		    X509_sign(certificate, *key, EVP_sha256()) != 0);
	return certificate;
}

/* Takes one connection, asks for another handshake (HelloRequest, RFC 5246, section 7.4.1.1), and says no more. */
_Noreturn static void ask_and_hang(int fd, X509 *certificate, EVP_PKEY *key, int told)
{
	char got[8];
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (context == NULL || SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_use_certificate(context, certificate) != 1 || SSL_CTX_use_PrivateKey(context, key) != 1)
		_exit(1);
	SSL *ssl = SSL_new(context);
	if (ssl == NULL || SSL_set_fd(ssl, accept(fd, NULL, NULL)) != 1 || SSL_accept(ssl) != 1 ||
	    SSL_read(ssl, got, sizeof got) != 5 || SSL_renegotiate(ssl) != 1 || SSL_do_handshake(ssl) != 1 ||
	    write(told, "!", 1) != 1)
		_exit(1);
	(void)sleep(60);
	_exit(0);
}

static void waits_for_tls_within_its_limit(void **state)
{
	(void)state;
	enum { HURRY_MS = 100 };
	EVP_PKEY *key = NULL;
	X509 *certificate = make_certificate(&key);
	BIO *bio = BIO_new(BIO_s_mem());
	struct buf ca = BUF_INIT(10000);
	struct fail fail = {0};
	char *text;
	char told;
	int ends[2];

	assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
	long size = BIO_get_mem_data(bio, &text);
	assert_int_equal(buf_add(&ca, text, (size_t)size), 0);
	struct wire_target target = {
		.kind = WIRE_TLS, .host = "localhost", .ca = &ca, .timeout_ms = PATIENCE_MS};
	int fd = listen_on_loopback(SOCK_STREAM, &target.port);
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0)
		ask_and_hang(fd, certificate, key, ends[1]);
	struct wire *wire = wire_open(&target, &fail);
	assert_string_equal(fail.text, "");
	assert_int_equal(wire_send(wire, "hello", 5, PATIENCE_MS, &fail), 0);
	assert_int_equal(read(ends[0], &told, 1), 1);
	assert_int_equal(wire_flush(wire, PATIENCE_MS, &fail), 0);
	assert_fails(wire_send(wire, "hello", 5, HURRY_MS, &fail), fail, EX_UNAVAILABLE,
		     "Connection timed out");
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	wire_close(wire);
	(void)close(fd);
	(void)close(ends[0]);
	(void)close(ends[1]);
	buf_fini(&ca);
	BIO_free(bio);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

/* A peer that never reads: what does not go is not waited for longer than told, and it is not called sent. */
static void waits_no_longer_than_told(void **state)
{
	(void)state;
	enum { SHORT_MS = 20 };
	struct wire_target target = {.kind = WIRE_TCP, .host = "127.0.0.1", .timeout_ms = PATIENCE_MS};
	struct fail fail = {0};
	static char large[64 << 20];
	int fd = listen_on_loopback(SOCK_STREAM, &target.port);
	struct wire *wire = wire_open(&target, &fail);

	assert_non_null(wire);
	assert_fails(wire_send(wire, large, sizeof large, SHORT_MS, &fail), fail, EX_UNAVAILABLE,
		     "Connection timed out");
	assert_fails(wire_flush(wire, SHORT_MS, &fail), fail, EX_UNAVAILABLE, "Connection timed out");
	wire_close(wire);
	(void)close(fd);
}

static void notices_a_unix_peer_that_is_gone(void **state)
{
	(void)state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct fail fail = {0};
	char got;

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", folder_path("s"));
	const struct wire_target target = {
		.kind = WIRE_UNIX, .path = address.sun_path, .timeout_ms = PATIENCE_MS};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 1), 0);
	struct wire *wire = wire_open(&target, &fail);
	assert_non_null(wire);
	int peer = accept(fd, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(wire_send(wire, "x", 1, PATIENCE_MS, &fail), 0);
	assert_int_equal(recv(peer, &got, 1, 0), 1);
	(void)close(peer);
	assert_fails(wire_flush(wire, PATIENCE_MS, &fail), fail, EX_UNAVAILABLE, "Broken pipe");
	assert_fails(wire_send(wire, "x", 1, PATIENCE_MS, &fail), fail, EX_UNAVAILABLE, "Broken pipe");
	wire_close(wire);
	(void)close(fd);
}

static void refuses_what_no_address_can_be(void **state)
{
	(void)state;
	char path[sizeof((struct sockaddr_un *)NULL)->sun_path + 1];
	const struct wire_target targets[] = {
		{.kind = WIRE_UNIX, .path = path},
		{.kind = WIRE_UDP, .host = "fe80::1%none", .port = 514},
		{.kind = WIRE_UDP,
		 .host = "255.255.255.255",
		 .port = 514}, /* for broadcasts one has to ask */
	};
	const char *const reasons[] = {"File name too long", "Name or service not known",
				       "Permission denied"};

	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		struct fail fail = {0};
		assert_null(wire_open(&targets[i], &fail));
		assert_fails(-1, fail, EX_UNAVAILABLE, reasons[i]);
	}
}

int main(void)
{
	struct fail fail;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_datagrams),
		cmocka_unit_test(sends_a_stream_and_notices_its_end),
		cmocka_unit_test_setup_teardown(takes_both_kinds_of_unix_sockets, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(waits_for_a_unix_socket_within_its_limit, folder_make,
						folder_remove),
		cmocka_unit_test(waits_for_tls_within_its_limit),
		cmocka_unit_test(waits_no_longer_than_told),
		cmocka_unit_test_setup_teardown(notices_a_unix_peer_that_is_gone, folder_make, folder_remove),
		cmocka_unit_test(refuses_what_no_address_can_be),
	};

	return wire_init(&fail) != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
