#include "lib/alert/config_address.h"

#include "lib/alert/config_value.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/format/yaml.h"
#include "lib/net/url.h"

#include <stdlib.h>
#include <string.h>

/* `rest`: the slash that url_parse takes off a path, and the query. */
static int keep_url(const struct config_source *source, const struct yaml_node *node, const struct url *url,
		    const char *rest, struct config_output *output, struct fail *fail)
{
	auto_buf struct buf text = BUF_INIT(2 * CONFIG_URL_MAX);
	bool bare = output->type == CONFIG_MCS && strcmp(url->path, "/") == 0;
	int result = buf_printf(&text, "%s://", url_scheme_name(url->scheme));

	result |= url_format_host(url, &text);
	result |= buf_add_text(&text, bare ? CONFIG_MCS_PATH : url->path);
	result |= buf_add_text(&text, rest);
	if (result != 0)
		return config_value_no_memory(fail);
	if (text.size >= CONFIG_URL_MAX)
		return yaml_node_fail(node, source->name, fail, "longer than %d bytes", CONFIG_URL_MAX - 1);
	free(output->url);
	free(output->host);
	output->url = strdup(buf_text(&text));
	output->host = strdup(url->host);
	output->port = url->port;
	return output->url == NULL || output->host == NULL ? config_value_no_memory(fail) : 0;
}

static const char *rest_of(const char *given, size_t size, const struct url *url)
{
	bool slash = given[size - 1] == '/' && strcmp(url->path, "/") != 0;

	return given + size - (slash ? 1 : 0);
}

int config_address_url(const struct config_source *source, const struct yaml_node *node,
		       struct config_output *output, struct fail *fail)
{
	char *given = NULL;
	struct url url;
	struct fail inner;
	auto_buf struct buf text = BUF_INIT(2 * CONFIG_URL_MAX);

	if (config_value_text(source, node, CONFIG_URL_MAX, &given, fail) != 0)
		return -1;
	char *query = output->type == CONFIG_WEBHOOK ? strchr(given, '?') : NULL;
	size_t size = query == NULL ? strlen(given) : (size_t)(query - given);
	const char *scheme = strstr(given, "://");
	int result = buf_add_text(&text, scheme == NULL || scheme >= given + size ? "https://" : "");
	result |= buf_add(&text, given, size);
	if (result != 0)
		result = config_value_no_memory(fail);
	else if (query != NULL &&
		 query[strspn(query,
			      "-._~:/?@!$&'()*+,;=%ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			      "0123456789")] != '\0')
		result = yaml_node_fail(node, source->name, fail,
					"the url's query has a character that no URL may have");
	else if (url_parse(buf_text(&text), &url, &inner) != 0)
		result = yaml_node_fail(node, source->name, fail, "the url %s", inner.text);
	else if (url.scheme == URL_FILE || (url.scheme == URL_HTTP && output->type == CONFIG_MCS))
		result = yaml_node_fail(node, source->name, fail, "%s is not for %s: https is",
					url_scheme_name(url.scheme), config_type_name(output->type));
	else
		result = keep_url(source, node, &url, rest_of(given, size, &url), output, fail);
	free(given);
	return result;
}

static const struct {
	const char *prefix;
	enum config_transport transport;
	uint16_t port;
} transports[] = {
	{"unix://", CONFIG_UNIX, 0},
	{"udp://", CONFIG_UDP, 514},  /* Source: RFC 5426 */
	{"tcp://", CONFIG_TCP, 601},  /* Source: RFC 6587 */
	{"tls://", CONFIG_TLS, 6514}, /* Source: RFC 5425 */
};
enum { TRANSPORTS = sizeof transports / sizeof transports[0] };

static int keep_address(const struct config_source *source, const struct yaml_node *node, const char *rest,
			uint16_t port, struct config_output *output, struct fail *fail)
{
	auto_buf struct buf text = BUF_INIT(CONFIG_URL_MAX);
	struct url url;
	struct fail inner;

	/* The same rules as for a url's host and port. */
	if (buf_printf(&text, "http://%s", rest) != 0 || strpbrk(rest, "/@?#") != NULL)
		return yaml_node_fail(node, source->name, fail,
				      "an address is a scheme, a host and a port, and no more");
	if (url_parse(buf_text(&text), &url, &inner) != 0)
		return yaml_node_fail(node, source->name, fail, "the address %s", inner.text);
	const char *colon = strrchr(rest, ':');
	bool has_port = colon != NULL && strchr(colon, ']') == NULL;
	free(output->host);
	output->host = strdup(url.host);
	output->port = has_port ? url.port : port;
	return output->host == NULL ? config_value_no_memory(fail) : 0;
}

int config_address_syslog(const struct config_source *source, const struct yaml_node *node,
			  struct config_output *output, struct fail *fail)
{
	char *given = NULL;
	int result = -1;
	size_t row = 0;

	if (config_value_text(source, node, CONFIG_URL_MAX - 16, &given, fail) != 0)
		return -1;
	while (row < TRANSPORTS &&
	       strncmp(given, transports[row].prefix, strlen(transports[row].prefix)) != 0)
		row++;
	const char *rest = row == TRANSPORTS ? given : given + strlen(transports[row].prefix);
	output->transport = row == TRANSPORTS ? CONFIG_UNIX : transports[row].transport;
	if (output->transport != CONFIG_UNIX) {
		result = keep_address(source, node, rest, transports[row].port, output, fail);
	} else if (rest[0] != '/' || strlen(rest) > 107) { /* of sockaddr_un */
		(void)yaml_node_fail(node, source->name, fail, "no address of a syslog service");
		(void)fail_hint(
			fail,
			"/dev/log, unix:///PATH, udp://HOST[:514], tcp://HOST[:601] or tls://HOST[:6514]");
	} else {
		free(output->path);
		output->path = strdup(rest);
		result = output->path == NULL ? config_value_no_memory(fail) : 0;
	}
	free(given);
	return result;
}
