/* A growing run of bytes that knows its maximum. */
#ifndef SAV_BASE_BUF_H
#define SAV_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data; /* always followed by a NUL that is not counted, once anything was added */
	size_t size;
	size_t capacity;
	size_t limit; /* the most bytes it may hold */
};

/* An empty buffer for at most `limit` bytes; nothing is allocated yet. */
#define BUF_INIT(limit_bytes) ((struct buf){.limit = (limit_bytes)})

/* Makes room for `more` bytes behind the present ones. Returns 0, or -1 with errno EFBIG (over the
 * limit) or ENOMEM, and the buffer as it was. */
int buf_reserve(struct buf *buf, size_t more);

/* Appends. Returns 0, or -1 as buf_reserve does. */
int buf_add(struct buf *buf, const void *bytes, size_t size);
int buf_add_text(struct buf *buf, const char *text);
int buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The bytes as a C string; "" while empty. Borrowed until the next change. */
const char *buf_text(const struct buf *buf);

/* Frees; the buffer is empty afterwards and keeps its limit. */
void buf_fini(struct buf *buf);

/* Overwrites every byte ever held, then frees: for secrets. */
void buf_wipe(struct buf *buf);

#define auto_buf __attribute__((cleanup(buf_fini)))
#define auto_buf_secret __attribute__((cleanup(buf_wipe)))

#endif
