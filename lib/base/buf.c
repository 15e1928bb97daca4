#include "lib/base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

/* Never realloc(): the old block might hold a secret, and only here is its size known. */
static int grow(struct buf *buf, size_t capacity)
{
	uint8_t *data = malloc(capacity);

	if (data == NULL)
		return -1;
	if (buf->data != NULL) {
		memcpy(data, buf->data, buf->size);
		explicit_bzero(buf->data, buf->capacity);
		free(buf->data);
	}
	data[buf->size] = '\0'; /* there is always room for it */
	buf->data = data;
	buf->capacity = capacity;
	return 0;
}

int buf_reserve(struct buf *buf, size_t more)
{
	if (more > buf->limit - buf->size) {
		errno = EFBIG;
		return -1;
	}
	size_t needed = buf->size + more + 1; /* the NUL; limit < SIZE_MAX keeps this from wrapping */
	if (needed <= buf->capacity)
		return 0;
	size_t capacity = buf->capacity == 0 ? FIRST_CAPACITY : buf->capacity;
	while (capacity < needed)
		capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
	return grow(buf, capacity);
}

int buf_add(struct buf *buf, const void *bytes, size_t size)
{
	if (buf_reserve(buf, size) != 0)
		return -1;
	if (size > 0)
		memcpy(buf->data + buf->size, bytes, size);
	buf->size += size;
	buf->data[buf->size] = '\0';
	return 0;
}

int buf_add_text(struct buf *buf, const char *text)
{
	return buf_add(buf, text, strlen(text));
}

int buf_printf(struct buf *buf, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int size = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (size < 0 || buf_reserve(buf, (size_t)size) != 0)
		return -1;
	va_start(arguments, format);
	(void)vsnprintf((char *)buf->data + buf->size, (size_t)size + 1, format,
			arguments); /* measured above */
	va_end(arguments);
	buf->size += (size_t)size;
	return 0;
}

const char *buf_text(const struct buf *buf)
{
	return buf->data == NULL ? "" : (const char *)buf->data;
}

void buf_fini(struct buf *buf)
{
	int error = errno;

	free(buf->data);
	*buf = BUF_INIT(buf->limit);
	errno = error;
}

void buf_wipe(struct buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->capacity);
	buf_fini(buf);
}
