#include "lib/net/s3.h"

#include "lib/base/fail.h"
#include "lib/base/num.h"
#include "lib/net/url.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define SERVICE "s3"
#define TERMINATOR "aws4_request"

enum {
	HASH_BYTES = crypto_hash_sha256_BYTES,
	HASH_HEX = 2 * HASH_BYTES + 1,
	CANONICAL_MAX = 64 * 1024,
	OWN_HEADERS = 4, /* host, date, digest, token */
};

struct moment {
	char day[sizeof "20130524"];
	char time[sizeof "20130524T000000Z"];
};

/* As strings, which reach a header: visible ASCII, no blanks. */
static bool is_good(const char *text, size_t max)
{
	size_t size = strnlen(text, max + 1);

	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return false;
	return size > 0 && size <= max;
}

bool s3_region_is_good(const char *region)
{
	return is_good(region, S3_REGION_MAX) &&
	       region[strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

int s3_set_credentials(const char *key_id, const char *secret, const char *token, const char *name,
		       struct s3_credentials *credentials, struct fail *fail)
{
	const char *session = token == NULL ? "" : token;

	/* A '/' in the identifier would move the borders of the credential's scope. */
	if (!is_good(key_id, S3_KEY_MAX) || strpbrk(key_id, "/,") != NULL)
		return fail_set(fail, EX_CONFIG, "%s: no usable access key identifier", name);
	if (!is_good(secret, S3_KEY_MAX))
		return fail_set(fail, EX_CONFIG, "%s: no usable secret access key", name);
	if (session[0] != '\0' && !is_good(session, S3_TOKEN_MAX))
		return fail_set(fail, EX_CONFIG, "%s: no usable session token", name);
	memcpy(credentials->key_id, key_id, strlen(key_id) + 1);
	memcpy(credentials->secret, secret, strlen(secret) + 1);
	memcpy(credentials->token, session, strlen(session) + 1);
	return 0;
}

/* The three keys, in a file's order. */
struct found {
	struct buf values[3];
};
static const char *const keys[] = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"};

static int take_line(const char *line, size_t size, struct found *found)
{
	size_t name = 0;

	while (name < size && line[name] != '=' && !isspace((unsigned char)line[name]))
		name++;
	size_t at = name;
	while (at < size && isspace((unsigned char)line[at]))
		at++;
	if (at == size || line[at] != '=')
		return -1;
	for (at++; at < size && isspace((unsigned char)line[at]);)
		at++;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strlen(keys[i]) == name && memcmp(keys[i], line, name) == 0)
			return found->values[i].size > 0 ? -1
							 : buf_add(&found->values[i], line + at, size - at);
	return 0;
}

static int parse_lines(const char *text, size_t size, const char *name, struct found *found,
		       struct fail *fail)
{
	bool wanted = true; /* what stands before any section */

	for (size_t at = 0, number = 1; at < size; number++) {
		const char *line = text + at;
		const char *newline = memchr(line, '\n', size - at);
		size_t line_size = newline == NULL ? size - at : (size_t)(newline - line);
		at += line_size + 1;
		while (line_size > 0 && isspace((unsigned char)line[line_size - 1]))
			line_size--;
		while (line_size > 0 && isspace((unsigned char)line[0])) {
			line++;
			line_size--;
		}
		if (line_size == 0 || line[0] == '#' || line[0] == ';')
			continue;
		if (line[0] == '[')
			wanted = line_size == strlen("[default]") &&
				 memcmp(line, "[default]", line_size) == 0;
		else if (wanted && take_line(line, line_size, found) != 0)
			return fail_set(fail, EX_CONFIG,
					"%s:%zu: not \"key = value\", too long, or a second one", name,
					number);
	}
	return 0;
}

int s3_parse_credentials(const uint8_t *bytes, size_t size, const char *name,
			 struct s3_credentials *credentials, struct fail *fail)
{
	struct found found = {.values = {BUF_INIT(S3_TOKEN_MAX + 1), BUF_INIT(S3_TOKEN_MAX + 1),
					 BUF_INIT(S3_TOKEN_MAX + 1)}};
	int result = -1;

	if (memchr(bytes, '\0', size) != NULL)
		(void)fail_set(fail, EX_CONFIG, "%s: is no text", name);
	else if (parse_lines((const char *)bytes, size, name, &found, fail) == 0)
		result = s3_set_credentials(buf_text(&found.values[0]), buf_text(&found.values[1]),
					    buf_text(&found.values[2]), name, credentials, fail);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		buf_wipe(&found.values[i]);
	return result;
}

static void hash_hex(const void *bytes, size_t size, char hex[HASH_HEX])
{
	uint8_t hash[HASH_BYTES];

	(void)crypto_hash_sha256(hash, bytes, size); /* cannot fail */
	(void)sodium_bin2hex(hex, HASH_HEX, hash, sizeof hash);
}

static void keyed(const void *key, size_t key_size, const char *text, uint8_t out[HASH_BYTES])
{
	crypto_auth_hmacsha256_state state;

	/* None of the three can fail; the key's length is free, which crypto_auth's is not. */
	(void)crypto_auth_hmacsha256_init(&state, key, key_size);
	(void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)text, strlen(text));
	(void)crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof state);
}

/* The path as the server will see it after decoding, encoded once, the one way there is: "/" and what RFC
 * 3986 leaves alone stay. */
static int add_canonical_path(const char *path, struct buf *out)
{
	for (size_t i = 0; path[i] != '\0'; i++) {
		unsigned char byte = (unsigned char)path[i];
		int high = byte == '%' ? num_hex(path[i + 1]) : -1;
		int low = high >= 0 ? num_hex(path[i + 2]) : -1;
		if (low >= 0) {
			byte = (unsigned char)(high << 4 | low);
			i += 2;
		}
		bool plain = isalnum(byte) || strchr("-._~/", byte) != NULL;
		if (plain && byte != '\0' ? buf_add(out, &byte, 1) != 0
					  : buf_printf(out, "%%%02X", byte) != 0)
			return -1;
	}
	return 0;
}

static size_t name_size(const char *header)
{
	return strcspn(header, ":");
}

/* By name, as lower case. */
static int compare(const char *a, const char *b)
{
	size_t a_size = name_size(a);
	size_t b_size = name_size(b);
	int order = strncasecmp(a, b, a_size < b_size ? a_size : b_size);

	return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

struct sorted {
	const char *lines[S3_HEADERS_MAX + OWN_HEADERS];
	size_t count;
};

/* Returns -1 when one of that name is there. There is room. */
static int insert(struct sorted *sorted, const char *header)
{
	size_t at = sorted->count;

	while (at > 0 && compare(sorted->lines[at - 1], header) > 0)
		at--;
	if (at > 0 && compare(sorted->lines[at - 1], header) == 0)
		return -1;
	memmove(sorted->lines + at + 1, sorted->lines + at, (sorted->count - at) * sizeof *sorted->lines);
	sorted->lines[at] = header;
	sorted->count++;
	return 0;
}

static int add_lower_name(const char *header, struct buf *out)
{
	for (size_t i = 0; i < name_size(header); i++) {
		char letter = (char)tolower((unsigned char)header[i]);
		if (buf_add(out, &letter, 1) != 0)
			return -1;
	}
	return 0;
}

/* Without blanks at its ends, and with one where there are several. */
static int add_value(const char *header, struct buf *out)
{
	const char *at = header + name_size(header) + 1;
	bool first = true;

	for (;;) {
		at += strspn(at, " \t");
		size_t word = strcspn(at, " \t");
		if (word == 0)
			return 0;
		if ((!first && buf_add(out, " ", 1) != 0) || buf_add(out, at, word) != 0)
			return -1;
		first = false;
		at += word;
	}
}

static int add_names(const struct sorted *sorted, struct buf *out)
{
	for (size_t i = 0; i < sorted->count; i++)
		if ((i > 0 && buf_add(out, ";", 1) != 0) || add_lower_name(sorted->lines[i], out) != 0)
			return -1;
	return 0;
}

static int make_path(const struct s3_request *request, struct buf *out)
{
	const char *folder = strcmp(request->target->path, "/") == 0 ? "" : request->target->path;

	if (add_canonical_path(folder, out) != 0)
		return -1;
	if (request->name != NULL)
		return buf_add(out, "/", 1) != 0 ? -1 : add_canonical_path(request->name, out);
	return out->size > 0 ? 0 : buf_add(out, "/", 1);
}

static int make_canonical(const char *method, const char *path, const struct sorted *sorted,
			  const char *digest, struct buf *out)
{
	if (buf_printf(out, "%s\n%s\n\n", method, path) != 0) /* no query */
		return -1;
	for (size_t i = 0; i < sorted->count; i++)
		if (add_lower_name(sorted->lines[i], out) != 0 || buf_add(out, ":", 1) != 0 ||
		    add_value(sorted->lines[i], out) != 0 || buf_add(out, "\n", 1) != 0)
			return -1;
	if (buf_add(out, "\n", 1) != 0 || add_names(sorted, out) != 0)
		return -1;
	return buf_printf(out, "\n%s", digest);
}

static void sign_text(const struct s3_credentials *credentials, const char *day, const char *region,
		      const char *text, char hex[HASH_HEX])
{
	char first[sizeof "AWS4" + S3_KEY_MAX];
	uint8_t key[HASH_BYTES];

	(void)snprintf(first, sizeof first, "AWS4%s", credentials->secret); /* measured when it was set */
	keyed(first, strlen(first), day, key);
	keyed(key, sizeof key, region, key);
	keyed(key, sizeof key, SERVICE, key);
	keyed(key, sizeof key, TERMINATOR, key);
	keyed(key, sizeof key, text, key);
	(void)sodium_bin2hex(hex, HASH_HEX, key, sizeof key);
	sodium_memzero(first, sizeof first);
	sodium_memzero(key, sizeof key);
}

static int authorize(const char *method, const char *path, const struct sorted *sorted, const char *region,
		     const struct s3_credentials *credentials, const struct moment *moment,
		     const char *digest, struct buf *out)
{
	auto_buf_secret struct buf canonical = BUF_INIT(CANONICAL_MAX); /* the session token is among it */
	auto_buf struct buf text = BUF_INIT(S3_LINE_MAX);
	char hex[HASH_HEX];

	if (make_canonical(method, path, sorted, digest, &canonical) != 0)
		return -1;
	hash_hex(canonical.data, canonical.size, hex);
	if (buf_printf(&text, ALGORITHM "\n%s\n%s/%s/" SERVICE "/" TERMINATOR "\n%s", moment->time,
		       moment->day, region, hex) != 0)
		return -1;
	sign_text(credentials, moment->day, region, buf_text(&text), hex);
	if (buf_printf(out,
		       "Authorization: " ALGORITHM " Credential=%s/%s/%s/" SERVICE "/" TERMINATOR
		       ", SignedHeaders=",
		       credentials->key_id, moment->day, region) != 0 ||
	    add_names(sorted, out) != 0)
		return -1;
	return buf_printf(out, ", Signature=%s", hex);
}

static int sort_headers(const struct s3_request *request, const char *host,
			const struct s3_signature *signature, struct sorted *sorted)
{
	const struct buf *own[] = {&signature->date, &signature->digest, &signature->token};

	if (request->header_count > S3_HEADERS_MAX || insert(sorted, host) != 0)
		return -1;
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (own[i]->size > 0 && insert(sorted, buf_text(own[i])) != 0)
			return -1;
	for (size_t i = 0; i < request->header_count; i++)
		if (insert(sorted, request->headers[i]) != 0)
			return -1;
	return 0;
}

static int make_moment(time_t now, struct moment *moment)
{
	struct tm utc;

	if (gmtime_r(&now, &utc) == NULL ||
	    strftime(moment->day, sizeof moment->day, "%Y%m%d", &utc) != sizeof moment->day - 1 ||
	    strftime(moment->time, sizeof moment->time, "%Y%m%dT%H%M%SZ", &utc) != sizeof moment->time - 1)
		return -1;
	return 0;
}

int s3_sign(const struct s3_request *request, const char *region, const struct s3_credentials *credentials,
	    time_t now, struct s3_signature *signature, struct fail *fail)
{
	auto_buf struct buf host = BUF_INIT(S3_LINE_MAX);
	struct s3_signature made = {BUF_INIT(S3_LINE_MAX), BUF_INIT(S3_LINE_MAX), BUF_INIT(S3_LINE_MAX),
				    BUF_INIT(S3_LINE_MAX), BUF_INIT(S3_LINE_MAX)};
	struct sorted sorted = {0};
	struct moment moment;
	char digest[HASH_HEX];

	if (sodium_init() < 0 || make_moment(now, &moment) != 0)
		return fail_set(fail, EX_OSERR, "S3: cannot sign now");
	hash_hex(request->body, request->body_size, digest);
	bool failed = buf_add_text(&host, "Host:") != 0 || url_format_host(request->target, &host) != 0 ||
		      make_path(request, &made.path) != 0 ||
		      buf_printf(&made.date, "x-amz-date: %s", moment.time) != 0 ||
		      buf_printf(&made.digest, "x-amz-content-sha256: %s", digest) != 0 ||
		      (credentials->token[0] != '\0' &&
		       buf_printf(&made.token, "x-amz-security-token: %s", credentials->token) != 0);
	if (failed)
		(void)fail_errno(fail, EX_OSERR, "S3");
	else if (sort_headers(request, buf_text(&host), &made, &sorted) != 0)
		(void)fail_set(fail, EX_USAGE,
			       "S3: a header twice, one of the signature's own, or more than %d",
			       S3_HEADERS_MAX);
	else if (authorize(request->method, buf_text(&made.path), &sorted, region, credentials, &moment,
			   digest, &made.authorization) != 0)
		(void)fail_set(fail, EX_USAGE, "S3: headers too long to sign");
	else {
		*signature = made;
		return 0;
	}
	s3_fini(&made);
	return -1;
}

void s3_fini(struct s3_signature *signature)
{
	buf_fini(&signature->path);
	buf_fini(&signature->date);
	buf_fini(&signature->digest);
	buf_wipe(&signature->token);
	buf_fini(&signature->authorization);
}

void s3_error_code(const struct buf *page, char *code, size_t code_size)
{
	const char *start = strstr(buf_text(page), "<Code>");
	size_t size = 0;

	code[0] = '\0';
	if (start == NULL)
		return;
	start += strlen("<Code>");
	while (isalnum((unsigned char)start[size]))
		size++;
	if (size == 0 || size >= code_size || strncmp(start + size, "</Code>", strlen("</Code>")) != 0)
		return;
	memcpy(code, start, size);
	code[size] = '\0';
}
