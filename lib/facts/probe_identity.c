#include "lib/facts/probe_identity.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"
#include "lib/conf/conf.h"
#include "lib/conf/home.h"
#include "lib/facts/fact.h"
#include "lib/facts/survey.h"
#include "lib/format/hash.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define CUSTOMER_CACHE \
	HOME_STATE "/customer" /* "<epoch> <check> <hash>": the hash, and the keyed hash of what it is of */

enum { EPOCH_S = 90 * 86400, IDENTIFIER_MAX = 1024, MACHINE_ID_SIZE = 32, CACHE_MAX = 256 };

/* "sav customer id": nothing secret, only not what another application would use. */
static const uint8_t salt[HASH_SALT_BYTES] = {'s', 'a', 'v', ' ', 'c', 'u', 's', 't',
					      'o', 'm', 'e', 'r', ' ', 'i', 'd', '1'};

void probe_identity_prepare(const struct home *home)
{
	static const char *const folders[] = {"var", HOME_STATE};
	static const mode_t modes[] = {0755, 0700};
	struct stat status;

	if (stat(home->path, &status) != 0)
		return;
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		char path[PATH_MAX];
		struct fail fail;
		if (home_path(home, folders[i], path, &fail) == 0)
			(void)mkdir(path, modes[i]); /* there, or the files below it will say why not */
	}
}

static bool epoch(struct survey *survey, long long *number, struct value *value)
{
	char text[INSTANT_SIZE];
	time_t now;

	if (!survey_time(survey, &now, text)) {
		value_unknown(value, "the time is not known");
		return false;
	}
	*number = now / EPOCH_S;
	return true;
}

/* The secret of a captured host: whatever its permissions became on the way. */
static int captured_key(struct survey *survey, uint8_t key[HASH_KEY_BYTES], struct value *value)
{
	const struct host_file *file = survey_file(survey, HOME_ID_KEY);

	if (file->state != HOST_FOUND) {
		value_unknown(value, "%s", file->why);
		return -1;
	}
	if (file->content.size != HASH_KEY_BYTES) {
		value_unknown(value, HOME_ID_KEY ": not %d bytes", HASH_KEY_BYTES);
		return -1;
	}
	memcpy(key, file->content.bytes, HASH_KEY_BYTES);
	return 0;
}

static int read_key(const char *path, uint8_t key[HASH_KEY_BYTES], struct fail *fail)
{
	auto_buf_secret struct buf bytes = BUF_INIT(HASH_KEY_BYTES);
	struct stat status;
	auto_close int fd = io_open_file(AT_FDCWD, path, &status, fail);

	if (fd < 0)
		return -1;
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail_set(fail, EX_NOPERM,
				"%s: a secret that others can read; removed, it is made anew", path);
	if (io_read_fd(fd, path, &bytes, fail) != 0)
		return -1;
	if (bytes.size != HASH_KEY_BYTES)
		return fail_set(fail, EX_DATAERR, "%s: not %d bytes; removed, it is made anew", path,
				HASH_KEY_BYTES);
	memcpy(key, bytes.data, HASH_KEY_BYTES);
	return 0;
}

/* Makes it where there is none; of several that do so at once, all use the one that came first. */
static int live_key(struct survey *survey, uint8_t key[HASH_KEY_BYTES], struct value *value)
{
	char path[PATH_MAX];
	struct fail fail;

	survey_path(survey, HOME_ID_KEY, path);
	if (read_key(path, key, &fail) == 0)
		return 0;
	if (fail.status == EX_NOINPUT) {
		uint8_t made[HASH_KEY_BYTES];
		struct fail ignored;
		int result = hash_make_key(made, &fail);
		if (result == 0)
			result = io_put_file(AT_FDCWD, path, IO_CREATE, 0600, made, sizeof made, &fail);
		explicit_bzero(made, sizeof made);
		if (read_key(path, key, result == 0 ? &fail : &ignored) == 0)
			return 0;
	}
	value_unknown(value, "%s", fail.text);
	return -1;
}

static int secret(struct survey *survey, uint8_t key[HASH_KEY_BYTES], struct value *value)
{
	return host_is_live(survey->host) ? live_key(survey, key, value) : captured_key(survey, key, value);
}

/* 32 hexadecimal digits: a machine id (machine-id(5)), or a hash. */
static bool is_hexadecimal(struct span text)
{
	if (text.size != MACHINE_ID_SIZE)
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (memchr("0123456789abcdef", text.bytes[i], 16) == NULL)
			return false;
	return true;
}

static bool machine_id(struct survey *survey, struct span *text, struct value *value)
{
	static const char *const paths[] = {"/etc/machine-id", "/var/lib/dbus/machine-id"};

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		const struct host_file *file = host_text(survey->host, paths[i]);
		if (file->state != HOST_FOUND) {
			value_unknown(value, "%s", file->why);
			if (file->state == HOST_ABSENT)
				continue;
			return false;
		}
		*text = lines_trim(file->content);
		if (is_hexadecimal(*text))
			return true;
		value_unknown(value, "%s: not a machine id", paths[i]);
		return false;
	}
	return false;
}

void probe_identity_machine(struct survey *survey, const struct fact *fact, struct value *value)
{
	uint8_t key[HASH_KEY_BYTES];
	char message[128];
	char hash[HASH_TEXT_SIZE];
	long long number;
	struct span id;
	struct fail fail;

	(void)fact;
	if (!machine_id(survey, &id, value) || !epoch(survey, &number, value) ||
	    secret(survey, key, value) != 0)
		return;
	int size = snprintf(message, sizeof message, "machine %lld %.*s", number, (int)id.size,
			    (const char *)id.bytes); /* fits */
	int result = hash_keyed(key, message, (size_t)size, hash, &fail);
	explicit_bzero(key, sizeof key);
	if (result == 0)
		value_set_word(value, hash);
	else
		value_unknown(value, "%s", fail.text);
}

/* The identifier, as "customer <epoch> <identifier>". */
static bool customer_message(struct survey *survey, long long number, struct buf *message,
			     struct value *value)
{
	const char *why;
	const struct conf *conf = survey_conf(survey, &why);

	if (conf == NULL) {
		value_unknown(value, "%s", why);
		return false;
	}
	const char *identifier = conf_text(conf, PARAM_CUSTOMER_ID);
	if (identifier == NULL)
		identifier = conf_text(conf, PARAM_PRIMARY_UPDATE_USERNAME);
	if (identifier == NULL) {
		value_unknown(value, "neither CustomerID nor PrimaryUpdateUsername is set");
		return false;
	}
	if (buf_printf(message, "customer %lld %s", number, identifier) == 0)
		return true;
	value_unknown(value, "the customer's identifier: too long");
	return false;
}

/* Whether the line kept from an earlier run is of this message: the check is keyed, so that the file helps
 * nobody who guesses. */
static bool recall(struct survey *survey, const char *start, char hash[HASH_TEXT_SIZE])
{
	const struct host_file *file = survey_file(survey, CUSTOMER_CACHE);
	struct span kept = lines_trim(file->content);
	size_t start_size = strlen(start);

	if (file->state != HOST_FOUND || !lines_begin(kept, start) ||
	    kept.size != start_size + HASH_TEXT_SIZE - 1)
		return false;
	struct span digits = {kept.bytes + start_size, HASH_TEXT_SIZE - 1};
	if (!is_hexadecimal(digits))
		return false;
	memcpy(hash, digits.bytes, digits.size);
	hash[digits.size] = '\0';
	return true;
}

/* What cannot be kept is computed again. */
static void keep(const struct survey *survey, const char *start, const char *hash)
{
	auto_buf struct buf line = BUF_INIT(CACHE_MAX);
	char path[PATH_MAX];
	struct fail ignored;

	if (buf_printf(&line, "%s%s\n", start, hash) == 0)
		(void)io_put_file(AT_FDCWD, survey_path(survey, CUSTOMER_CACHE, path), IO_REPLACE, 0600,
				  line.data, line.size, &ignored);
}

void probe_identity_customer(struct survey *survey, const struct fact *fact, struct value *value)
{
	auto_buf_secret struct buf message = BUF_INIT(IDENTIFIER_MAX);
	uint8_t key[HASH_KEY_BYTES];
	char check[HASH_TEXT_SIZE];
	char hash[HASH_TEXT_SIZE];
	char start[CACHE_MAX / 2];
	long long number;
	struct fail fail;

	(void)fact;
	if (!epoch(survey, &number, value) || !customer_message(survey, number, &message, value) ||
	    secret(survey, key, value) != 0)
		return;
	int result = hash_keyed(key, message.data, message.size, check, &fail);
	explicit_bzero(key, sizeof key);
	(void)snprintf(start, sizeof start, "%lld %s ", number, check); /* fits */
	if (result == 0 && !recall(survey, start, hash)) {
		result = hash_slow(salt, message.data, message.size, hash, &fail);
		if (result == 0 && host_is_live(survey->host))
			keep(survey, start, hash);
	}
	if (result == 0)
		value_set_word(value, hash);
	else
		value_unknown(value, "%s", fail.text);
}
