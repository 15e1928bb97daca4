#include "lib/base/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Truncation is harmless here and vsnprintf cannot fail on the formats of this tree, hence the void casts. */

int fail_set(struct fail *fail, int status, const char *format, ...)
{
	va_list arguments;

	fail->status = status;
	fail->hint[0] = '\0';
	va_start(arguments, format);
	(void)vsnprintf(fail->text, sizeof fail->text, format, arguments);
	va_end(arguments);
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
