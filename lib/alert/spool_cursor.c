#include "lib/alert/spool_cursor.h"

#include "lib/alert/spool_format.h"
#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/crc.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"
#include "lib/format/cipher.h"

#include <fcntl.h>
#include <string.h>
#include <sys/random.h>

/* The file: two copies, each a head and the slots, in blocks of the disk of their own. */
enum {
	HEAD_BYTES = 512,
	SLOT_BYTES = 256, /* never across a sector */
	COPY_BYTES = 20480,
	FILE_BYTES = 2 * COPY_BYTES,
	VERSION = 1,
};
_Static_assert(HEAD_BYTES + SPOOL_CURSOR_COUNT * SLOT_BYTES <= COPY_BYTES, "a copy holds all slots");
_Static_assert(COPY_BYTES % 4096 == 0, "whole blocks");

/* Numbers are little-endian; a CRC covers all before it. */
enum { HEAD_VERSION = 8, HEAD_FLAGS = 12, HEAD_ID = 16, HEAD_KEY_ID = 32, HEAD_CRC = HEAD_BYTES - 4 };
enum {
	SLOT_GENERATION = 0,
	SLOT_NEXT = 8,
	SLOT_BYTES_BEFORE = 16,
	SLOT_DROPPED = 24,
	SLOT_DAMAGED = 32,
	SLOT_NAME = 40,
	SLOT_SPANS = 104,
	SPAN_BYTES = 32,
	SLOT_CHECK = SLOT_BYTES - 20, /* keyed; zeros without a key */
	SLOT_CRC = SLOT_BYTES - 4,
};
_Static_assert(SLOT_SPANS + SPOOL_CURSOR_SPANS * SPAN_BYTES <= SLOT_CHECK, "a slot holds its spans");
static const uint8_t magic[8] = {0, 'S', 'L', 'S', 'c', 'u', 'r', 1};

static void format_head(const struct spool_cursors *cursors, uint8_t *out)
{
	memset(out, 0, HEAD_BYTES);
	memcpy(out, magic, sizeof magic);
	bytes_put32(out + HEAD_VERSION, VERSION);
	bytes_put32(out + HEAD_FLAGS, cursors->cipher != NULL);
	memcpy(out + HEAD_ID, cursors->id, sizeof cursors->id);
	if (cursors->cipher != NULL)
		memcpy(out + HEAD_KEY_ID, cursors->cipher->id, sizeof cursors->cipher->id);
	bytes_put32(out + HEAD_CRC, crc_32c(0, out, HEAD_CRC));
}

static void format_spans(const struct spool_cursor *slot, uint8_t *out)
{
	for (size_t i = 0; i < SPOOL_CURSOR_SPANS; i++, out += SPAN_BYTES) {
		bytes_put64(out, slot->spans[i].first);
		bytes_put64(out + 8, slot->spans[i].end);
		bytes_put64(out + 16, slot->spans[i].bytes_before);
		bytes_put64(out + 24, slot->spans[i].bytes_end);
	}
}

/* Returns whether they can be. */
static bool parse_spans(const uint8_t *bytes, struct spool_cursor *slot)
{
	uint64_t before = slot->next;

	for (size_t i = 0; i < SPOOL_CURSOR_SPANS; i++, bytes += SPAN_BYTES) {
		struct spool_span *span = &slot->spans[i];
		*span = (struct spool_span){bytes_get64(bytes), bytes_get64(bytes + 8),
					    bytes_get64(bytes + 16), bytes_get64(bytes + 24)};
		if (span->first == 0 && span->end == 0) {
			before = 0; /* the last was the last */
			continue;
		}
		if (before == 0 || span->first <= before || span->end <= span->first ||
		    span->end > INT64_MAX || span->bytes_before > span->bytes_end ||
		    span->bytes_end > INT64_MAX)
			return false;
		before = span->end;
	}
	return true;
}

static void format_slot(const struct spool_cursors *cursors, const struct spool_cursor *slot, uint8_t *out)
{
	memset(out, 0, SLOT_BYTES);
	if (slot->name[0] == '\0')
		return;
	bytes_put64(out + SLOT_GENERATION, slot->generation);
	bytes_put64(out + SLOT_NEXT, slot->next);
	bytes_put64(out + SLOT_BYTES_BEFORE, slot->bytes_before);
	bytes_put64(out + SLOT_DROPPED, slot->dropped);
	bytes_put64(out + SLOT_DAMAGED, slot->damaged);
	memcpy(out + SLOT_NAME, slot->name, sizeof slot->name);
	format_spans(slot, out + SLOT_SPANS);
	if (cursors->cipher != NULL)
		cipher_make_check(cursors->cipher, out, SLOT_CHECK, NULL, 0, out + SLOT_CHECK);
	bytes_put32(out + SLOT_CRC, crc_32c(0, out, SLOT_CRC));
}

/* 1: a cursor; 0: a free slot; -1: damaged. */
static int parse_slot(const struct spool_cursors *cursors, const uint8_t *bytes, struct spool_cursor *slot)
{
	static const uint8_t free_slot[SLOT_BYTES];
	struct spool_cursor got = {0};

	if (memcmp(bytes, free_slot, sizeof free_slot) == 0)
		return 0;
	memcpy(got.name, bytes + SLOT_NAME, sizeof got.name);
	got.generation = bytes_get64(bytes + SLOT_GENERATION);
	got.next = bytes_get64(bytes + SLOT_NEXT);
	got.bytes_before = bytes_get64(bytes + SLOT_BYTES_BEFORE);
	got.dropped = bytes_get64(bytes + SLOT_DROPPED);
	got.damaged = bytes_get64(bytes + SLOT_DAMAGED);
	if (bytes_get32(bytes + SLOT_CRC) != crc_32c(0, bytes, SLOT_CRC) || got.name[0] == '\0' ||
	    got.name[sizeof got.name - 1] != '\0' || got.next < 1 || got.next > INT64_MAX ||
	    got.bytes_before > INT64_MAX || !parse_spans(bytes + SLOT_SPANS, &got) ||
	    (cursors->cipher != NULL &&
	     !cipher_check_is_good(cursors->cipher, bytes, SLOT_CHECK, NULL, 0, bytes + SLOT_CHECK)))
		return -1;
	*slot = got;
	return 1;
}

/* Reads a copy's head. 1: good; 0: damaged; -1 with *fail: good, but not for us. */
static int parse_head(struct spool_cursors *cursors, const uint8_t *bytes, struct fail *fail)
{
	if (memcmp(bytes, magic, sizeof magic) != 0 ||
	    bytes_get32(bytes + HEAD_CRC) != crc_32c(0, bytes, HEAD_CRC))
		return 0;
	if (bytes_get32(bytes + HEAD_VERSION) != VERSION) {
		(void)fail_set(fail, EX_CONFIG, "spool: version %u: written by a later program",
			       bytes_get32(bytes + HEAD_VERSION));
		return fail_hint(fail, "let that program deliver what it holds, or use another folder");
	}
	bool is_keyed = bytes_get32(bytes + HEAD_FLAGS) != 0;
	if (is_keyed && cursors->cipher == NULL) {
		(void)fail_set(fail, EX_CONFIG, "spool: encrypted, and no key is given");
		return fail_hint(fail, "give its key with --spool-key");
	}
	if (!is_keyed && cursors->cipher != NULL) {
		(void)fail_set(fail, EX_CONFIG, "spool: not encrypted, and a key is given");
		return fail_hint(fail, "deliver what it holds without the key first, or use another folder");
	}
	if (is_keyed && memcmp(bytes + HEAD_KEY_ID, cursors->cipher->id, sizeof cursors->cipher->id) != 0) {
		(void)fail_set(fail, EX_CONFIG, "spool: encrypted with another key");
		return fail_hint(fail, "deliver what it holds with the old key first, or use another folder");
	}
	memcpy(cursors->id, bytes + HEAD_ID, sizeof cursors->id);
	return 1;
}

static void parse_slots(struct spool_cursors *cursors, const uint8_t *bytes)
{
	for (size_t i = 0; i < SPOOL_CURSOR_COUNT; i++) {
		const uint8_t *at = bytes + HEAD_BYTES + i * SLOT_BYTES;
		struct spool_cursor a = {0};
		struct spool_cursor b = {0};
		int a_is = parse_slot(cursors, at, &a);
		int b_is = parse_slot(cursors, at + COPY_BYTES, &b);
		/* Even when the other copy is good: that may be of an output that had the slot before. */
		if (a_is < 0 || b_is < 0)
			cursors->is_doubtful = true;
		cursors->slots[i] = b_is == 1 && (a_is != 1 || b.generation > a.generation) ? b : a;
	}
}

int spool_cursor_load(struct spool_cursors *cursors, int dir_fd, const struct cipher *cipher,
		      struct fail *fail)
{
	auto_buf struct buf bytes = BUF_INIT(FILE_BYTES);
	static const uint8_t padding[FILE_BYTES];

	*cursors = (struct spool_cursors){.dir_fd = dir_fd, .fd = -1, .cipher = cipher};
	if (faccessat(dir_fd, SPOOL_CURSOR_FILE, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
		cursors->is_missing = true;
	} else if (io_read_file(dir_fd, SPOOL_CURSOR_FILE, &bytes, fail) != 0) {
		return -1;
	}
	cursors->is_doubtful = bytes.size < FILE_BYTES;
	if (buf_add(&bytes, padding, FILE_BYTES - bytes.size) != 0)
		return fail_errno(fail, EX_OSERR, "spool");
	int first = parse_head(cursors, bytes.data, fail);
	int second = first == 1 ? 1 : parse_head(cursors, bytes.data + COPY_BYTES, fail);
	if (first < 0 || second < 0)
		return -1;
	if (second == 0) {
		cursors->is_doubtful = true;
		if (getrandom(cursors->id, sizeof cursors->id, 0) != (ssize_t)sizeof cursors->id)
			return fail_errno(fail, EX_OSERR, "random numbers");
	}
	parse_slots(cursors, bytes.data);
	return 0;
}

int spool_cursor_renew(struct spool_cursors *cursors, struct fail *fail)
{
	auto_buf struct buf bytes = BUF_INIT(FILE_BYTES);

	if (buf_reserve(&bytes, FILE_BYTES) != 0)
		return fail_errno(fail, EX_OSERR, "spool");
	memset(bytes.data, 0, FILE_BYTES);
	bytes.size = FILE_BYTES;
	for (size_t copy = 0; copy < 2; copy++) {
		uint8_t *at = bytes.data + copy * COPY_BYTES;
		format_head(cursors, at);
		for (size_t i = 0; i < SPOOL_CURSOR_COUNT; i++)
			format_slot(cursors, &cursors->slots[i], at + HEAD_BYTES + i * SLOT_BYTES);
	}
	if (io_put_file(cursors->dir_fd, SPOOL_CURSOR_FILE, IO_REPLACE, 0600, bytes.data, bytes.size, fail) !=
	    0)
		return -1;
	int fd = openat(cursors->dir_fd, SPOOL_CURSOR_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail_errno(fail, EX_IOERR, "%s", SPOOL_CURSOR_FILE);
	scope_close(&cursors->fd); /* what it held is in the new file */
	cursors->fd = fd;
	cursors->is_dirty = cursors->is_stale = false;
	return 0;
}

int spool_cursor_ready(struct spool_cursors *cursors, struct fail *fail)
{
	if (cursors->is_missing || cursors->is_doubtful)
		return spool_cursor_renew(cursors, fail);
	cursors->fd = openat(cursors->dir_fd, SPOOL_CURSOR_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (cursors->fd < 0)
		return fail_errno(fail, EX_IOERR, "%s", SPOOL_CURSOR_FILE);
	cursors->is_dirty = true; /* a kill may have come between a store and its sync */
	return 0;
}

int spool_cursor_find(const struct spool_cursors *cursors, const char *name)
{
	for (int i = 0; i < SPOOL_CURSOR_COUNT; i++) {
		if (cursors->slots[i].name[0] != '\0' && strcmp(cursors->slots[i].name, name) == 0)
			return i;
	}
	return -1;
}

int spool_cursor_take(struct spool_cursors *cursors)
{
	int oldest = -1;

	for (int i = 0; i < SPOOL_CURSOR_COUNT; i++) {
		const struct spool_cursor *slot = &cursors->slots[i];
		if (slot->is_attached)
			continue;
		if (slot->name[0] == '\0') {
			oldest = i;
			break;
		}
		if (oldest < 0 || slot->next < cursors->slots[oldest].next)
			oldest = i;
	}
	if (oldest >= 0) {
		uint64_t generation = cursors->slots[oldest].generation;
		cursors->slots[oldest] = (struct spool_cursor){.generation = generation};
	}
	return oldest;
}

/* Runs that the cursor has passed are part of it. */
static void drop_passed(struct spool_cursor *slot)
{
	struct spool_span *spans = slot->spans;
	size_t passed = 0;

	while (passed < SPOOL_CURSOR_SPANS && spans[passed].end > 0 && spans[passed].first <= slot->next)
		passed++;
	memmove(spans, spans + passed, (SPOOL_CURSOR_SPANS - passed) * sizeof *spans);
	memset(spans + SPOOL_CURSOR_SPANS - passed, 0, passed * sizeof *spans);
}

void spool_cursor_merge(struct spool_cursors *cursors, const struct spool_format_cursor *from)
{
	if (from->slot >= SPOOL_CURSOR_COUNT)
		return;
	struct spool_cursor *slot = &cursors->slots[from->slot];
	/* A slot given to another output since then has a higher generation, or gets one. */
	if (slot->name[0] == '\0' && slot->generation < from->generation)
		slot->generation = from->generation;
	if (slot->name[0] == '\0' || slot->generation >= from->generation || slot->next >= from->next)
		return;
	slot->generation = from->generation;
	slot->next = from->next;
	slot->bytes_before = from->bytes_before;
	drop_passed(slot);
}

void spool_cursor_store(struct spool_cursors *cursors, int slot)
{
	uint8_t bytes[SLOT_BYTES];
	struct spool_cursor *cursor = &cursors->slots[slot];
	off_t at = HEAD_BYTES + (off_t)slot * SLOT_BYTES;
	ssize_t put;

	cursor->generation++;
	format_slot(cursors, cursor, bytes);
	if (cursor->generation % 2 != 0)
		at += COPY_BYTES;
	cursors->is_dirty = true;
	do
		put = pwrite(cursors->fd, bytes, sizeof bytes, at);
	while (put < 0 && errno == EINTR);
	/* Part of a slot is none: its checksum says so, and the other copy holds. */
	if (put != (ssize_t)sizeof bytes)
		cursors->is_stale = true;
}

void spool_cursor_fini(struct spool_cursors *cursors)
{
	scope_close(&cursors->fd); /* synced before, or repeated */
	cursors->fd = -1;
}
