#include "lib/net/proxyenv.h"

#include "lib/base/fail.h"
#include "lib/base/num.h"
#include "lib/net/url.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ADDRESS_MAX = sizeof(struct in6_addr), BITS_PER_BYTE = 8, PORT_MAX = 65535 };

struct address {
	uint8_t bytes[ADDRESS_MAX];
	size_t size; /* 0: not an address */
};

static struct address read_address(const char *text)
{
	struct address address = {.size = sizeof(struct in_addr)};

	if (inet_pton(AF_INET, text, address.bytes) == 1)
		return address;
	address.size = inet_pton(AF_INET6, text, address.bytes) == 1 ? sizeof(struct in6_addr) : 0;
	return address;
}

static bool in_network(const struct address *address, const struct address *network, size_t bits)
{
	size_t whole = bits / BITS_PER_BYTE;
	size_t rest = bits % BITS_PER_BYTE;

	if (address->size != network->size || memcmp(address->bytes, network->bytes, whole) != 0)
		return false;
	return rest == 0 || ((address->bytes[whole] ^ network->bytes[whole]) >> (BITS_PER_BYTE - rest)) == 0;
}

/* A name covers itself and what ends with "." and it; dots at either end mean nothing. */
static bool covers_name(const char *name, const char *host)
{
	while (*name == '.')
		name++;
	size_t name_size = strlen(name);
	size_t host_size = strlen(host);
	while (name_size > 0 && name[name_size - 1] == '.')
		name_size--;
	while (host_size > 0 && host[host_size - 1] == '.')
		host_size--;
	if (name_size == 0 || name_size > host_size ||
	    strncasecmp(host + host_size - name_size, name, name_size) != 0)
		return false;
	return name_size == host_size || host[host_size - name_size - 1] == '.';
}

/* Cuts ":port" from the entry. Returns 0, the port, or -1 for one that is no number. An address with
 * several colons and no brackets has no port. */
static int64_t cut_port(char *entry)
{
	char *last = strrchr(entry, ':');
	int64_t port;

	if (last == NULL || (entry[0] != '[' && strchr(entry, ':') != last) || strchr(last, ']') != NULL)
		return 0;
	*last = '\0';
	return num_parse(last + 1, 1, PORT_MAX, &port) == 0 ? port : -1;
}

static void cut_brackets(char *entry)
{
	size_t size = strlen(entry);

	if (entry[0] != '[')
		return;
	char *end = strchr(entry, ']');
	if (end != NULL)
		memmove(end, end + 1, size - (size_t)(end - entry));
	memmove(entry, entry + 1, strlen(entry));
}

static bool covers_entry(char *entry, const char *host, const struct address *address, uint16_t port)
{
	if (strcmp(entry, "*") == 0)
		return true;
	int64_t only = cut_port(entry);
	if (only != 0 && only != port)
		return false;
	cut_brackets(entry);
	if (address->size == 0)
		return covers_name(entry, host);
	char *slash = strchr(entry, '/');
	int64_t bits = (int64_t)address->size * BITS_PER_BYTE;
	if (slash != NULL) {
		*slash = '\0';
		if (num_parse(slash + 1, 0, bits, &bits) != 0)
			return false;
	}
	struct address network = read_address(entry);
	return network.size > 0 && in_network(address, &network, (size_t)bits);
}

bool proxyenv_covers(const char *no_proxy, const char *host, uint16_t port)
{
	const char *separators = ", \t";
	char plain[URL_HOST_MAX + 1];
	char entry[URL_HOST_MAX + sizeof "[]/128:65535"];

	(void)snprintf(plain, sizeof plain, "%s", host); /* a host that does not fit is covered by no entry */
	cut_brackets(plain);
	struct address address = read_address(plain);
	for (const char *at = no_proxy; *at != '\0';) {
		at += strspn(at, separators);
		size_t size = strcspn(at, separators);
		if (size > 0 && size < sizeof entry) {
			memcpy(entry, at, size);
			entry[size] = '\0';
			if (covers_entry(entry, plain, &address, port))
				return true;
		}
		at += size;
	}
	return false;
}

static const char *variable(char *(*look_up)(const char *name), const char *lower, const char *upper)
{
	const char *value = look_up(lower);

	if ((value == NULL || value[0] == '\0') && upper != NULL)
		value = look_up(upper);
	return value == NULL || value[0] == '\0' ? NULL : value;
}

void proxyenv_read(struct proxyenv *env, char *(*look_up)(const char *name))
{
	env->http_proxy = variable(look_up, "http_proxy", NULL);
	env->https_proxy = variable(look_up, "https_proxy", "HTTPS_PROXY");
	env->all_proxy = variable(look_up, "all_proxy", "ALL_PROXY");
	env->no_proxy = variable(look_up, "no_proxy", "NO_PROXY");
}

int proxyenv_find(const struct proxyenv *env, const struct url *target, struct url *proxy, struct fail *fail)
{
	const char *value = target->scheme == URL_HTTPS ? env->https_proxy : env->http_proxy;
	const char *name = target->scheme == URL_HTTPS ? "https_proxy" : "http_proxy";

	if (value == NULL) {
		value = env->all_proxy;
		name = "all_proxy";
	}
	if (value == NULL)
		return 0;
	if (env->no_proxy != NULL && proxyenv_covers(env->no_proxy, target->host, target->port))
		return 0;
	if (url_parse_proxy(value, proxy, fail) != 0) {
		fail->status = EX_CONFIG;
		return fail_prefix(fail, "environment: %s", name);
	}
	return 1;
}
