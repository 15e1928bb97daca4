#include "lib/base/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Truncation is harmless here and vsnprintf cannot fail on the formats of this tree, hence the void casts. */

void fail_show_empty(char *text, size_t size)
{
	size_t used = strlen(text);
	size_t at = text[0] == '-' ? strcspn(text, " ") : 0;

	at += text[at] == ' ';
	if (text[at] != ':' || text[at + 1] != ' ' || used + 2 >= size)
		return;
	memmove(text + at + 2, text + at, used - at + 1);
	memcpy(text + at, "''", 2);
}

int fail_set(struct fail *fail, int status, const char *format, ...)
{
	va_list arguments;

	fail->status = status;
	fail->hint[0] = '\0';
	va_start(arguments, format);
	(void)vsnprintf(fail->text, sizeof fail->text, format, arguments);
	va_end(arguments);
	fail_show_empty(fail->text, sizeof fail->text);
	return -1;
}

int fail_errno(struct fail *fail, int status, const char *format, ...)
{
	int error = errno;
	va_list arguments;

	fail->status = status;
	fail->hint[0] = '\0';
	va_start(arguments, format);
	(void)vsnprintf(fail->text, sizeof fail->text, format, arguments);
	va_end(arguments);
	size_t used = strlen(fail->text);
	(void)snprintf(fail->text + used, sizeof fail->text - used, ": %s", strerror(error));
	fail_show_empty(fail->text, sizeof fail->text);
	errno = error;
	return -1;
}

int fail_hint(struct fail *fail, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(fail->hint, sizeof fail->hint, format, arguments);
	va_end(arguments);
	return -1;
}

int fail_prefix(struct fail *fail, const char *format, ...)
{
	char text[sizeof fail->text];
	va_list arguments;

	memcpy(text, fail->text, sizeof text);
	va_start(arguments, format);
	(void)vsnprintf(fail->text, sizeof fail->text, format, arguments);
	va_end(arguments);
	size_t used = strlen(fail->text);
	(void)snprintf(fail->text + used, sizeof fail->text - used, ": %s", text);
	fail_show_empty(fail->text, sizeof fail->text);
	return -1;
}

int fail_status_of_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return EX_NOINPUT;
	case EACCES:
	case EPERM:
		return EX_NOPERM;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return EX_OSERR;
	default:
		return EX_IOERR;
	}
}

int fail_status_of_write(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
	case EROFS:
		return EX_NOPERM;
	case ENOENT:
	case ENOTDIR:
	case EEXIST:
	case EISDIR:
	case ENAMETOOLONG:
	case ELOOP:
		return EX_CANTCREAT;
	default:
		return EX_IOERR;
	}
}
