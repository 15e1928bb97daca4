#include "cmd/sls-alert/check.h"

#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"
#include "lib/format/encode.h"
#include "lib/net/trust.h"
#include "lib/net/trust_client.h"

#include <errno.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DAY_S = 86400, CERTIFICATE_SOON_S = 30 * DAY_S, CRL_SOON_S = 3 * DAY_S, REPORT_MAX = 1 << 20 };

/* The report is made as JSON, and shown from it. */
struct report {
	json_t *root;
	json_t *warnings;
	time_t now;
};

static const struct cli *program;

/* What is made here is made of memory alone: nothing else makes it fail. */
static void must(bool done)
{
	struct fail fail;

	if (done)
		return;
	(void)fail_set(&fail, EX_OSERR, "--check: out of memory");
	exit(cli_fail(program, &fail));
}

static void set(json_t *object, const char *key, json_t *value)
{
	must(json_object_set_new(object, key, value) == 0);
}

/* Paths may be any bytes; JSON is UTF-8. libjansson says NULL to other bytes as to no memory. */
static json_t *or_not_utf8(json_t *string)
{
	must(string != NULL || errno != ENOMEM);
	return string != NULL ? string : json_string("(not UTF-8)");
}

static json_t *text(const char *bytes)
{
	errno = 0;
	return or_not_utf8(bytes == NULL ? json_null() : json_string(bytes));
}

static json_t *date(time_t time)
{
	struct tm parts;
	char out[32];

	if (time == 0 || gmtime_r(&time, &parts) == NULL ||
	    strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		return json_null();
	return json_string(out);
}

__attribute__((format(printf, 2, 3))) static void warn(struct report *report, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	errno = 0;
	json_t *line = or_not_utf8(json_vsprintf(format, arguments));
	va_end(arguments);
	must(json_array_append_new(report->warnings, line) == 0);
}

static json_t *show_target(const struct config_output *output)
{
	static const char *const schemes[] = {
		[CONFIG_UNIX] = "unix", [CONFIG_UDP] = "udp", [CONFIG_TCP] = "tcp", [CONFIG_TLS] = "tls"};

	switch (output->type) {
	case CONFIG_FILE:
		return text(output->path);
	case CONFIG_SYSLOG:
		if (output->transport == CONFIG_UNIX)
			return text(output->path);
		return json_sprintf("%s://%s:%u", schemes[output->transport], output->host, output->port);
	case CONFIG_WEBHOOK: /* the rest of the url may be a secret */
	case CONFIG_MCS:
		return output->url == NULL
			       ? json_null()
			       : json_sprintf("%.*s", (int)strcspn(output->url, "?"), output->url);
	case CONFIG_STDOUT:
		break;
	}
	return json_null();
}

static void report_output(struct report *report, const struct config_output *output, json_t *outputs)
{
	json_t *entry = json_object();
	const char *region = output->type == CONFIG_MCS && output->host != NULL ? config_region(output->host)
										: NULL;

	must(json_array_append_new(outputs, entry) == 0);
	set(entry, "id", text(output->id));
	set(entry, "type", text(config_type_name(output->type)));
	set(entry, "enabled", json_boolean(output->enabled));
	set(entry, "template", json_boolean(output->template != NULL));
	set(entry, "target", show_target(output));
	if (output->type != CONFIG_MCS)
		return;
	set(entry, "region", text(region));
	if (output->enabled && region == NULL)
		warn(report, "%s: %s is none of the documented hosts of Sophos Central", output->id,
		     output->host);
	if (output->api_key != NULL && strchr(output->api_key, '#') != NULL)
		warn(report, "%s: the api_key looks like the one of the documentation's example", output->id);
}

static void warn_of_dates(struct report *report, const struct trust_pair *pair, size_t number)
{
	if (pair->expires_at - report->now < CERTIFICATE_SOON_S)
		warn(report, "pair %zu: %s expires in %lld days", number, pair->certificate,
		     (long long)(pair->expires_at - report->now) / DAY_S);
	if (pair->crl_due_at != 0 && pair->crl_due_at - report->now < CRL_SOON_S)
		warn(report, "pair %zu: %s is to be replaced within %lld hours", number, pair->crl,
		     (long long)(pair->crl_due_at - report->now) / 3600);
}

static void report_pair(struct report *report, const struct trust_pair *pair, size_t number, json_t *pairs)
{
	json_t *entry = json_object();

	must(json_array_append_new(pairs, entry) == 0);
	set(entry, "certificate", text(pair->certificate));
	set(entry, "crl", text(pair->crl));
	set(entry, "usable", json_boolean(pair->usable));
	set(entry, "name", text(pair->name));
	set(entry, "expires", date(pair->expires_at));
	set(entry, "crl_due", date(pair->crl_due_at));
	set(entry, "revoked", json_integer((json_int_t)pair->revoked));
	set(entry, "problem", pair->problem[0] == '\0' ? json_null() : text(pair->problem));
	if (pair->problem[0] != '\0')
		warn(report, "pair %zu: %s", number, pair->problem);
	if (pair->usable)
		warn_of_dates(report, pair, number);
}

static struct trust *load_trust(const struct config *config, time_t now, struct fail *fail)
{
	return trust_load((const char *const *)config->certificates, config->certificate_count,
			  (const char *const *)config->crls, config->crl_count, now, fail);
}

/* Whether the pairs matter. */
static bool has_mcs(const struct config *config)
{
	bool mcs = false;

	for (size_t i = 0; i < config->output_count; i++)
		mcs = mcs || (config->outputs[i].type == CONFIG_MCS && config->outputs[i].enabled);
	return mcs;
}

static int report_trust(struct report *report, const struct config *config, struct fail *fail)
{
	json_t *pairs = json_array();
	struct trust *trust = load_trust(config, report->now, fail);

	set(report->root, "pairs", pairs);
	if (trust == NULL)
		return -1;
	for (size_t i = 0; i < trust_count(trust); i++)
		report_pair(report, trust_get(trust, i), i + 1, pairs);
	int result = trust_check(trust, fail);
	trust_free(trust);
	return result;
}

/* Whether the file is one, or can be made. Nothing is: who looks need not be who writes. */
static int check_place(const char *path, struct fail *fail)
{
	struct stat status;
	char folder[PATH_MAX];

	(void)snprintf(folder, sizeof folder, "%s", path); /* the configuration has no longer ones */
	if (lstat(path, &status) == 0)
		return S_ISREG(status.st_mode) ? 0
					       : fail_set(fail, EX_CANTCREAT, "%s: not a regular file", path);
	return errno == ENOENT && stat(dirname(folder), &status) == 0
		       ? 0
		       : fail_errno(fail, errno == EACCES ? EX_NOPERM : EX_CANTCREAT, "%s", path);
}

static int check_files(const struct config_output *output, struct fail *fail)
{
	struct trust_client client;

	if (output->type == CONFIG_FILE && check_place(output->path, fail) != 0)
		return fail_prefix(fail, "%s", output->id);
	if (trust_client_load(output->ca_file, output->cert_file, output->key_file, &client, fail) != 0)
		return fail_prefix(fail, "%s", output->id);
	trust_client_fini(&client);
	return 0;
}

static int examine(struct report *report, const struct config *config, struct fail *fail)
{
	json_t *outputs = json_array();

	set(report->root, "outputs", outputs);
	for (size_t i = 0; i < config->warning_count; i++)
		warn(report, "%s", config->warnings[i]);
	for (size_t i = 0; i < config->output_count; i++)
		report_output(report, &config->outputs[i], outputs);
	if (has_mcs(config) && report_trust(report, config, fail) != 0)
		return -1;
	for (size_t i = 0; i < config->output_count; i++)
		if (config->outputs[i].enabled && check_files(&config->outputs[i], fail) != 0)
			return -1;
	return 0;
}

static const char *word(const json_t *entry, const char *key)
{
	const char *found = json_string_value(json_object_get(entry, key));

	return found == NULL ? "" : found;
}

/* The text as a terminal may have it. */
static int add_shown(struct buf *out, const char *text)
{
	enum { ESCAPE = 4 }; /* "\xNN" for each byte */
	size_t size = strlen(text);
	auto_free char *shown = malloc(ESCAPE * size + ESCAPE);

	return shown == NULL
		       ? -1
		       : buf_printf(out, "%s",
				    text_mask((const uint8_t *)text, size, shown, ESCAPE * size + ESCAPE));
}

static int show_pair(const json_t *pair, size_t number, struct buf *out)
{
	if (!json_is_true(json_object_get(pair, "usable")))
		return buf_printf(out, "  pair %zu   unusable\n", number);
	return buf_printf(out, "  pair %zu   ", number) | add_shown(out, word(pair, "name")) |
	       buf_printf(out,
			  "\n           certificate until %.10s, revocation list until %s, %lld revoked\n",
			  word(pair, "expires"),
			  word(pair, "crl_due")[0] == '\0' ? "(open)" : word(pair, "crl_due"),
			  (long long)json_integer_value(json_object_get(pair, "revoked")));
}

static int show_output(const json_t *output, const json_t *pairs, struct buf *out)
{
	bool enabled = json_is_true(json_object_get(output, "enabled"));
	int result = buf_printf(out, "%-10s %-8s ", word(output, "id"), enabled ? "enabled" : "disabled");

	result |= add_shown(out, word(output, "target"));
	result |= buf_printf(
		out, "%s%s%s%s%s\n", word(output, "region")[0] == '\0' ? "" : " (", word(output, "region"),
		word(output, "region")[0] == '\0' ? "" : ")", word(output, "target")[0] == '\0' ? "" : " ",
		json_is_true(json_object_get(output, "template")) ? "by its template" : "as JSON");
	for (size_t i = 0; enabled && strcmp(word(output, "type"), "mcs") == 0 && i < json_array_size(pairs);
	     i++)
		result |= show_pair(json_array_get(pairs, i), i + 1, out);
	return result;
}

static int show(const struct report *report, struct buf *out)
{
	const json_t *outputs = json_object_get(report->root, "outputs");
	const json_t *pairs = json_object_get(report->root, "pairs");
	int result = 0;

	for (size_t i = 0; i < json_array_size(outputs); i++)
		result |= show_output(json_array_get(outputs, i), pairs, out);
	for (size_t i = 0; i < json_array_size(report->warnings); i++)
		result |= buf_printf(out, "warning: ") |
			  add_shown(out, json_string_value(json_array_get(report->warnings, i))) |
			  buf_printf(out, "\n");
	if (strcmp(word(report->root, "status"), "good") == 0)
		result |= add_shown(out, word(report->root, "file")) | buf_printf(out, ": good\n");
	return result;
}

static int print(const struct report *report, bool as_json, struct fail *fail)
{
	auto_buf struct buf out = BUF_INIT(REPORT_MAX);

	if (as_json)
		must(encode_add(json_incref(report->root), JSON_COMPACT, &out, fail) == 0);
	else
		must(show(report, &out) == 0);
	return cli_write(out.data, out.size, fail);
}

int check_report(const struct cli *cli, const char *path, config_lookup *lookup, bool json, time_t now)
{
	struct report report = {.root = json_object(), .warnings = json_array(), .now = now};
	struct fail fail = {0};
	struct fail written = {0};

	program = cli;
	must(report.root != NULL && report.warnings != NULL);
	set(report.root, "file", text(path));
	auto_config struct config *config = config_load(path, lookup, &fail);
	bool good = config != NULL && examine(&report, config, &fail) == 0;
	set(report.root, "status", text(good ? "good" : "bad"));
	set(report.root, "warnings", report.warnings);
	set(report.root, "error", good ? json_null() : text(fail.text));
	set(report.root, "hint", good || fail.hint[0] == '\0' ? json_null() : text(fail.hint));
	int result = (good || json || config != NULL) ? print(&report, json, &written) : 0;
	json_decref(report.root);
	if (result != 0)
		return cli_fail(cli, &written);
	return good ? EX_OK : cli_fail(cli, &fail);
}

void check_warn(const struct cli *cli, const struct config *config, time_t now)
{
	struct fail ignored; /* what makes the run impossible is said by the output itself */
	struct trust *trust = has_mcs(config) ? load_trust(config, now, &ignored) : NULL;

	for (size_t i = 0; i < config->warning_count; i++)
		cli_warn(cli, "%s", config->warnings[i]);
	for (size_t i = 0;
	     trust != NULL && trust_find(trust, 0) < trust_count(trust) && i < trust_count(trust); i++)
		if (trust_get(trust, i)->problem[0] != '\0')
			cli_warn(cli, "%s", trust_get(trust, i)->problem);
	trust_free(trust);
}
