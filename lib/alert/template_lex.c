#include "lib/alert/template_lex.h"

#include "lib/base/fail.h"
#include "lib/base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Letters beyond ASCII may be part of a name; the source is UTF-8. */
static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool looking_at(const struct template_lex *lex, size_t at, const char *text)
{
	size_t size = strlen(text);

	return at <= lex->size && size <= lex->size - at && memcmp(lex->source + at, text, size) == 0;
}

static char peek(const struct template_lex *lex, size_t at)
{
	return at < lex->size ? lex->source[at] : '\0';
}

int template_lex_fail(const struct template_lex *lex, size_t at, struct fail *fail, const char *format, ...)
{
	char text[256];
	size_t line = 1;
	size_t column = 1;
	va_list arguments;

	for (size_t i = 0; i < at && i < lex->size; i++) {
		if (lex->source[i] == '\n') {
			line++;
			column = 1;
		} else if ((lex->source[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments); /* a cut message is still one */
	va_end(arguments);
	return fail_set(fail, EX_CONFIG, "template:%zu:%zu: %s", line, column, text);
}

bool template_lex_is(const struct template_lex *lex, const char *word)
{
	return lex->token == TOKEN_WORD && lex->length == strlen(word) &&
	       memcmp(lex->source + lex->start, word, lex->length) == 0;
}

const char *template_lex_name(const struct template_lex *lex, char *out, size_t out_size)
{
	enum { SHOWN = 24 };
	char masked[64];
	const char *quote = "\"";

	if (lex->token == TOKEN_END || lex->token == TOKEN_TEXT)
		return "end of the action";
	if (lex->token == TOKEN_STRING)
		quote = "";
	(void)text_mask((const uint8_t *)lex->source + lex->start,
			text_cut((const uint8_t *)lex->source + lex->start, lex->length, SHOWN), masked,
			sizeof masked);
	(void)snprintf(out, out_size, "%s%s%s%s", quote, masked, lex->length > SHOWN ? "..." : "", quote);
	return out;
}

/* The size of what closes an action here, 0 for nothing. */
static size_t closing(const struct template_lex *lex, size_t at, bool *trims)
{
	*trims = is_blank(peek(lex, at)) && looking_at(lex, at + 1, "-}}");
	if (*trims)
		return 4;
	return looking_at(lex, at, "}}") ? 2 : 0;
}

static int set(struct template_lex *lex, enum template_token token, size_t start, size_t length)
{
	lex->token = token;
	lex->start = start;
	lex->length = length;
	return 0;
}

/* A comment stands alone between its braces. */
static int skip_comment(struct template_lex *lex, size_t open, struct fail *fail)
{
	const char *end = memmem(lex->source + lex->at, lex->size - lex->at, "*/", 2);

	if (end == NULL)
		return template_lex_fail(lex, open, fail, "unclosed comment");
	lex->at = (size_t)(end - lex->source) + 2;
	size_t size = closing(lex, lex->at, &lex->trimmed);
	if (size == 0)
		return template_lex_fail(lex, lex->at, fail,
					 "a comment is followed by its closing }} at once");
	lex->at += size;
	return 0;
}

/* Text up to the next action; comments between are passed over. */
static int next_outside(struct template_lex *lex, struct fail *fail)
{
	while (lex->at < lex->size) {
		const char *open = memmem(lex->source + lex->at, lex->size - lex->at, "{{", 2);
		size_t start = lex->at;
		size_t end = open == NULL ? lex->size : (size_t)(open - lex->source);
		bool trims = open != NULL && peek(lex, end + 2) == '-' && is_blank(peek(lex, end + 3));
		size_t text_end = end;

		while (lex->trimmed && start < end && is_blank(lex->source[start]))
			start++;
		while (trims && text_end > start && is_blank(lex->source[text_end - 1]))
			text_end--;
		lex->at = end;
		if (text_end > start) {
			lex->trimmed = false;
			return set(lex, TOKEN_TEXT, start, text_end - start);
		}
		if (open == NULL)
			break;
		lex->trimmed = false;
		lex->at = end + (trims ? 4 : 2);
		if (!looking_at(lex, lex->at, "/*")) {
			lex->inside = true;
			return set(lex, TOKEN_OPEN, end, 2);
		}
		if (skip_comment(lex, end, fail) != 0)
			return -1;
	}
	return set(lex, TOKEN_END, lex->size, 0);
}

/* The end of a quoted thing that starts at lex->at; escapes are looked at by the parser. */
static int next_quoted(struct template_lex *lex, enum template_token token, struct fail *fail)
{
	char quote = lex->source[lex->at];
	size_t at = lex->at + 1;

	while (at < lex->size && lex->source[at] != quote && (quote == '`' || lex->source[at] != '\n'))
		at += quote != '`' && lex->source[at] == '\\' && at + 1 < lex->size ? 2 : 1;
	if (at >= lex->size || lex->source[at] != quote)
		return template_lex_fail(lex, lex->at, fail, "this %c is never closed", quote);
	(void)set(lex, token, lex->at, at + 1 - lex->at);
	lex->at = at + 1;
	return 0;
}

static int next_number(struct template_lex *lex)
{
	size_t at = lex->at;

	if (peek(lex, at) == '+' || peek(lex, at) == '-')
		at++;
	/* Whether it is one is for the parser to say; a sign belongs to it behind an exponent only. */
	while (is_name(peek(lex, at)) || peek(lex, at) == '.' ||
	       ((peek(lex, at) == '+' || peek(lex, at) == '-') && strchr("eEpP", peek(lex, at - 1)) != NULL))
		at++;
	(void)set(lex, TOKEN_NUMBER, lex->at, at - lex->at);
	lex->at = at;
	return 0;
}

/* Names end where a name may: .a"b" is no field. Source: text/template/parse, atTerminator. */
static int next_name(struct template_lex *lex, enum template_token token, size_t skip, struct fail *fail)
{
	size_t at = lex->at + skip;
	bool trims;

	while (is_name(peek(lex, at)))
		at++;
	char end = peek(lex, at);
	if (at < lex->size && !is_blank(end) && strchr(".,|:)(", end) == NULL &&
	    closing(lex, at, &trims) == 0)
		return template_lex_fail(lex, at, fail, "unexpected '%c' behind a name",
					 isprint((unsigned char)end) ? end : '?');
	(void)set(lex, token, lex->at, at - lex->at);
	lex->at = at;
	return 0;
}

static int next_inside(struct template_lex *lex, struct fail *fail)
{
	static const struct {
		const char *text;
		enum template_token token;
	} marks[] = {
		{":=", TOKEN_DECLARE}, {"=", TOKEN_ASSIGN}, {"|", TOKEN_PIPE},
		{",", TOKEN_COMMA},    {"(", TOKEN_LEFT},   {")", TOKEN_RIGHT},
	};
	size_t begin = lex->at;

	while (is_blank(peek(lex, lex->at)))
		lex->at++;
	lex->spaced = lex->at > begin;
	size_t from = lex->spaced ? lex->at - 1 : lex->at; /* a trimming close has its blank before it */
	size_t size = closing(lex, from, &lex->trimmed);
	if (size == 0)
		size = closing(lex, from = lex->at, &lex->trimmed);
	if (size > 0) {
		lex->at = from + size;
		lex->inside = false;
		return set(lex, TOKEN_CLOSE, from, size);
	}
	if (lex->at >= lex->size)
		return template_lex_fail(lex, lex->at, fail, "the action is never closed by }}");
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		if (!looking_at(lex, lex->at, marks[i].text))
			continue;
		(void)set(lex, marks[i].token, lex->at, strlen(marks[i].text));
		lex->at += lex->length;
		return 0;
	}
	char c = lex->source[lex->at];
	char after = peek(lex, lex->at + 1);
	if (c == '"' || c == '`')
		return next_quoted(lex, TOKEN_STRING, fail);
	if (c == '\'')
		return next_quoted(lex, TOKEN_RUNE, fail);
	if (c == '$')
		return next_name(lex, TOKEN_VARIABLE, 1, fail);
	if (isdigit((unsigned char)c) || (strchr("+-.", c) != NULL && isdigit((unsigned char)after)) ||
	    ((c == '+' || c == '-') && after == '.'))
		return next_number(lex);
	if (c == '.')
		return next_name(lex, is_name(after) ? TOKEN_FIELD : TOKEN_DOT, 1, fail);
	if (is_name(c))
		return next_name(lex, TOKEN_WORD, 0, fail);
	char masked[16];
	return template_lex_fail(lex, lex->at, fail, "unexpected character '%s'",
				 text_mask((const uint8_t *)&c, 1, masked, sizeof masked));
}

int template_lex_next(struct template_lex *lex, struct fail *fail)
{
	return lex->inside ? next_inside(lex, fail) : next_outside(lex, fail);
}
