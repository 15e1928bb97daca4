#include "lib/net/wire.h"

#include "lib/base/fail.h"
#include "lib/net/tls.h"

#include <curl/curl.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MILLISECONDS = 1000, NANOSECONDS_MS = 1000000, LAST_LOOK_MS = 64, DATAGRAM_MAX = 65507 };

struct wire {
	int fd;
	bool stream;
	CURL *curl; /* TCP and TLS: libcurl resolves, connects, checks the certificate */
	char message[CURL_ERROR_SIZE];
};

int wire_init(struct fail *fail)
{
	return tls_start(fail);
}

static int unavailable(struct fail *fail)
{
	return fail_set(fail, EX_UNAVAILABLE, "%s", strerror(errno));
}

/* A stream connects once the service has room in its queue, for which the kernel waits as long as it may send.
 * Source: socket(7), SO_SNDTIMEO. */
static int connect_within(int fd, const struct sockaddr_un *address, int64_t timeout_ms)
{
	const struct timeval limit = {.tv_sec = (time_t)(timeout_ms / MILLISECONDS),
				      .tv_usec = (suseconds_t)(timeout_ms % MILLISECONDS * MILLISECONDS)};

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
		return 0;
	errno = errno == EAGAIN ? ETIMEDOUT : errno;
	return -1;
}

static int open_unix(struct wire *wire, const struct wire_target *target, struct fail *fail)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int types[] = {SOCK_DGRAM, SOCK_STREAM};

	if (strlen(target->path) >= sizeof address.sun_path)
		return fail_set(fail, EX_UNAVAILABLE, "%s", strerror(ENAMETOOLONG));
	memcpy(address.sun_path, target->path, strlen(target->path));
	for (size_t i = 0; i < 2; i++) {
		wire->fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
		if (wire->fd < 0)
			return fail_errno(fail, EX_OSERR, "socket");
		wire->stream = types[i] == SOCK_STREAM;
		if (connect_within(wire->fd, &address, target->timeout_ms) == 0)
			return 0;
		int error = errno;
		(void)close(wire->fd); /* carried nothing */
		wire->fd = -1;
		errno = error;
		if (error != EPROTOTYPE)
			break;
	}
	return unavailable(fail);
}

/* getaddrinfo knows no brackets. */
static void bare_host(const char *host, char *out, size_t out_size)
{
	size_t size = strlen(host);
	bool brackets = size > 2 && host[0] == '[' && host[size - 1] == ']';

	(void)snprintf(out, out_size, "%.*s", (int)(size - (brackets ? 2 : 0)),
		       host + (brackets ? 1 : 0)); /* hosts fit */
}

static int open_udp(struct wire *wire, const struct wire_target *target, struct fail *fail)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char host[NI_MAXHOST];
	char port[sizeof "65535"];

	bare_host(target->host, host, sizeof host);
	(void)snprintf(port, sizeof port, "%u", target->port);
	int error = getaddrinfo(host, port, &hints, &found);
	if (error != 0)
		return fail_set(fail, EX_UNAVAILABLE, "%s", gai_strerror(error));
	for (const struct addrinfo *at = found; at != NULL && wire->fd < 0; at = at->ai_next) {
		wire->fd = socket(at->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (wire->fd >= 0 && connect(wire->fd, at->ai_addr, at->ai_addrlen) != 0) {
			(void)close(wire->fd); /* carried nothing */
			wire->fd = -1;
		}
	}
	freeaddrinfo(found);
	return wire->fd >= 0 ? 0 : unavailable(fail);
}

#define SET(option, value) (curl_easy_setopt(curl, (option), (value)) == CURLE_OK)

static int open_tcp(struct wire *wire, const struct wire_target *target, struct fail *fail)
{
	char url[NI_MAXHOST + 32];
	CURL *curl = wire->curl = curl_easy_init();
	curl_socket_t fd;

	/* No word of HTTP is spoken: libcurl hands the connection over once it stands. */
	(void)snprintf(url, sizeof url, "%s://%s:%u/", target->kind == WIRE_TLS ? "https" : "http",
		       target->host, target->port); /* hosts fit */
	if (curl == NULL || !SET(CURLOPT_URL, url) || !SET(CURLOPT_CONNECT_ONLY, 1L) ||
	    !SET(CURLOPT_NOSIGNAL, 1L) || !SET(CURLOPT_PROXY, "") || !SET(CURLOPT_NOPROXY, "") ||
	    !SET(CURLOPT_TCP_KEEPALIVE, 1L) || !SET(CURLOPT_CONNECTTIMEOUT_MS, (long)target->timeout_ms) ||
	    !SET(CURLOPT_ERRORBUFFER, wire->message) || !SET(CURLOPT_SSL_ENABLE_ALPN, 0L) ||
	    !tls_set_peer(curl, TLS_SERVER, target->ca, NULL) ||
	    !tls_set_client(curl, target->client_certificate, target->client_key))
		return fail_set(fail, EX_OSERR, "libcurl: cannot set up the connection");
	CURLcode code = curl_easy_perform(curl);
	if (code != CURLE_OK) {
		bool untrusted = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
				 code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE;
		return fail_set(fail, untrusted ? EX_PROTOCOL : EX_UNAVAILABLE, "%s",
				wire->message[0] != '\0' ? wire->message : curl_easy_strerror(code));
	}
	if (curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD)
		return fail_set(fail, EX_UNAVAILABLE, "the connection was closed");
	wire->fd = fd;
	wire->stream = true;
	return 0;
}

struct wire *wire_open(const struct wire_target *target, struct fail *fail)
{
	struct wire *wire = calloc(1, sizeof *wire);
	int result;

	if (wire == NULL) {
		(void)fail_errno(fail, EX_OSERR, "memory");
		return NULL;
	}
	wire->fd = -1;
	if (target->kind == WIRE_UNIX)
		result = open_unix(wire, target, fail);
	else if (target->kind == WIRE_UDP)
		result = open_udp(wire, target, fail);
	else
		result = open_tcp(wire, target, fail);
	if (result != 0) {
		wire_close(wire);
		return NULL;
	}
	return wire;
}

void wire_close(struct wire *wire)
{
	int error = errno;

	if (wire != NULL) {
		if (wire->curl != NULL)
			curl_easy_cleanup(wire->curl); /* closes its socket */
		else if (wire->fd >= 0)
			(void)close(wire->fd); /* what was sent is sent */
		free(wire);
	}
	errno = error;
}

bool wire_is_stream(const struct wire *wire)
{
	return wire->stream;
}

static int wait_for(const struct wire *wire, short events, int64_t timeout_ms, struct fail *fail)
{
	struct pollfd one = {.fd = wire->fd, .events = events};
	int ready;

	do
		ready = poll(&one, 1, (int)timeout_ms);
	while (ready < 0 && errno == EINTR);
	if (ready > 0)
		return 0;
	errno = ready == 0 ? ETIMEDOUT : errno;
	return unavailable(fail);
}

/* For what no call waits for: looks less and less often. */
struct patience {
	int64_t look_ms;
	int64_t waited_ms;
};

static int wait_a_little(struct patience *patience, int64_t timeout_ms, struct fail *fail)
{
	const struct timespec pause = {.tv_nsec = (long)patience->look_ms * NANOSECONDS_MS};

	if (patience->waited_ms >= timeout_ms) {
		errno = ETIMEDOUT;
		return unavailable(fail);
	}
	(void)nanosleep(&pause, NULL); /* cut short, it only looks earlier */
	patience->waited_ms += patience->look_ms;
	patience->look_ms = patience->look_ms * 2 < LAST_LOOK_MS ? patience->look_ms * 2 + 1 : LAST_LOOK_MS;
	return 0;
}

/* One send that does not wait. Returns how many bytes went; 0 when none could; -1 with errno. */
static ssize_t send_some(struct wire *wire, const uint8_t *bytes, size_t size)
{
	size_t sent = 0;

	if (wire->curl == NULL) {
		ssize_t count = send(wire->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : count;
	}
	CURLcode code = curl_easy_send(wire->curl, bytes, size, &sent);
	if (code == CURLE_OK)
		return (ssize_t)sent;
	errno = EPIPE;
	return code == CURLE_AGAIN ? 0 : -1;
}

int wire_send(struct wire *wire, const void *bytes, size_t size, int64_t timeout_ms, struct fail *fail)
{
	if (!wire->stream && size > DATAGRAM_MAX)
		return fail_set(fail, EX_DATAERR, "longer than a datagram (%zu bytes)", size);
	struct patience patience = {0};
	for (size_t done = 0; done < size;) {
		ssize_t count = send_some(wire, (const uint8_t *)bytes + done, size - done);
		if (count < 0 && errno == EMSGSIZE)
			return fail_set(fail, EX_DATAERR, "longer than a datagram (%zu bytes)", size);
		if (count < 0)
			return unavailable(fail);
		done += (size_t)count;
		if (count > 0)
			patience = (struct patience){0};
		/* TLS may wait to hear something, while the socket takes more all the time. */
		else if (wait_for(wire, POLLOUT, timeout_ms, fail) != 0 ||
			 wait_a_little(&patience, timeout_ms, fail) != 0)
			return -1;
	}
	return 0;
}

/* A service that only listens says nothing; what can be read is the end, or TLS's own messages. */
static int check_peer(struct wire *wire, struct fail *fail)
{
	uint8_t ignored[256];
	size_t count = 0;

	if (wire->curl == NULL) {
		ssize_t got = recv(wire->fd, ignored, sizeof ignored, MSG_DONTWAIT);
		if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)) ||
		    (got == 0 && !wire->stream))
			return 0;
		errno = got == 0 ? EPIPE : errno;
		return unavailable(fail);
	}
	CURLcode code = curl_easy_recv(wire->curl, ignored, sizeof ignored, &count);
	if (code == CURLE_AGAIN || (code == CURLE_OK && count > 0))
		return 0;
	errno = EPIPE;
	return unavailable(fail);
}

int wire_flush(struct wire *wire, int64_t timeout_ms, struct fail *fail)
{
	struct patience patience = {0};

	/* The kernel tells nobody when the last byte was acknowledged. */
	while (wire->curl != NULL) {
		int unsent = 0;
		if (check_peer(wire, fail) != 0)
			return -1;
		if (ioctl(wire->fd, SIOCOUTQ, &unsent) != 0 || unsent == 0)
			break;
		if (wait_a_little(&patience, timeout_ms, fail) != 0)
			return -1;
	}
	return check_peer(wire, fail);
}
