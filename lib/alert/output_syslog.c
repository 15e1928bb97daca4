/* Alerts to a syslog service: RFC 5424, framed by their length on TCP and TLS (RFC 6587, RFC 5425), one a
 * datagram on UDP (RFC 5426) and on the local socket. */
#include "lib/alert/config.h"
#include "lib/alert/output.h"
#include "lib/alert/output_local.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/net/trust_client.h"
#include "lib/net/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	TIMEOUT_MS = 15 * 1000,
	HEAD_MAX = 512,
	FACILITY_BITS = 3,
	MILLISECONDS = 1000,
	FLUSH_RECORDS = 512, /* written between two looks whether they arrived */
};

struct line {
	const struct config_output *own;
	const struct output_world *world;
	struct wire *wire; /* NULL: not connected */
	struct trust_client client;
	struct buf message;
};

static void close_line(void *driver)
{
	struct line *line = driver;

	wire_close(line->wire);
	trust_client_fini(&line->client);
	buf_fini(&line->message);
	free(line);
}

/* The service may start later than we do: nothing is connected here. */
static void *open_line(const struct config_output *own, const struct output_world *world, struct fail *fail)
{
	struct line *line = calloc(1, sizeof *line);

	if (line == NULL) {
		(void)fail_errno(fail, EX_OSERR, "memory");
		return NULL;
	}
	*line = (struct line){.own = own, .world = world};
	line->message = BUF_INIT(RENDER_RECORD_MAX + HEAD_MAX);
	if (wire_init(fail) != 0 ||
	    trust_client_load(own->ca_file, own->cert_file, own->key_file, &line->client, fail) != 0) {
		close_line(line);
		return NULL;
	}
	return line;
}

static int connect_line(struct line *line, struct fail *fail)
{
	static const enum wire_kind kinds[] = {[CONFIG_UNIX] = WIRE_UNIX,
					       [CONFIG_UDP] = WIRE_UDP,
					       [CONFIG_TCP] = WIRE_TCP,
					       [CONFIG_TLS] = WIRE_TLS};
	const struct wire_target target = {
		.kind = kinds[line->own->transport],
		.path = line->own->path,
		.host = line->own->host,
		.port = line->own->port,
		.ca = line->own->ca_file == NULL ? NULL : &line->client.ca,
		.client_certificate = line->own->cert_file == NULL ? NULL : &line->client.certificate,
		.client_key = &line->client.key,
		.timeout_ms = TIMEOUT_MS,
	};

	if (line->wire == NULL)
		line->wire = wire_open(&target, fail);
	return line->wire == NULL ? -1 : 0;
}

/* "<28>1 2026-11-21T20:58:06.123Z host sophoslinuxsensor 4242 alert - {...}". A field that is not known is "-".
 * Source: RFC 5424, section 6. */
static int write_head(const struct line *line, int64_t written_ms, struct buf *out)
{
	time_t seconds = (time_t)(written_ms / MILLISECONDS);
	struct tm parts;
	char stamp[32];

	if (gmtime_r(&seconds, &parts) == NULL ||
	    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
		return -1;
	return buf_printf(out, "<%d>1 %s.%03dZ %.255s %s %ld alert - ",
			  line->own->facility << FACILITY_BITS | line->own->severity, stamp,
			  (int)(written_ms % MILLISECONDS), line->world->hostname, line->own->tag,
			  line->world->pid);
}

/* The message without its newline; a template's own newlines, which a line-minded service would split at,
 * become blanks. */
static int write_message(struct line *line, const uint8_t *bytes, size_t size, int64_t written_ms)
{
	struct buf *out = &line->message;
	char length[24];

	out->size = 0;
	if (write_head(line, written_ms, out) != 0)
		return -1;
	size_t text = out->size;
	if (buf_add(out, bytes, size > 0 && bytes[size - 1] == '\n' ? size - 1 : size) != 0)
		return -1;
	for (size_t i = text; i < out->size; i++)
		if (out->data[i] == '\n' || out->data[i] == '\r')
			out->data[i] = ' ';
	if (!wire_is_stream(line->wire))
		return 0;
	if (line->own->transport == CONFIG_UNIX)
		return buf_add_text(out, "\n");
	int width = snprintf(length, sizeof length, "%zu ", out->size);
	if (buf_reserve(out, (size_t)width) != 0)
		return -1;
	memmove(out->data + width, out->data, out->size + 1);
	memcpy(out->data, length, (size_t)width);
	out->size += (size_t)width;
	return 0;
}

static int give_up(struct line *line, struct output_written *written, const struct fail *fail)
{
	written->poison = fail->status == EX_DATAERR;
	written->outcome = fail->status == EX_PROTOCOL ? DELIVERY_BARRED : DELIVERY_NO_ANSWER;
	(void)snprintf(written->reason, sizeof written->reason, "%.*s", (int)sizeof written->reason - 1,
		       fail->text);
	if (!written->poison) {
		wire_close(line->wire);
		line->wire = NULL;
	}
	return -1;
}

static int write_line(void *driver, const struct render *slice, int64_t written_ms,
		      struct output_written *written)
{
	struct line *line = driver;
	struct fail fail;
	uint32_t start = 0;

	for (size_t index = slice->from; index < slice->to; index++) {
		uint32_t end = slice->ends[index - slice->from];
		if (connect_line(line, &fail) != 0)
			return give_up(line, written, &fail);
		if (end > start && write_message(line, slice->bytes + start, end - start, written_ms) != 0) {
			(void)fail_errno(&fail, EX_OSERR, "message");
			return give_up(line, written, &fail);
		}
		if (end > start &&
		    wire_send(line->wire, line->message.data, line->message.size, TIMEOUT_MS, &fail) != 0) {
			/* The ones before it are on their way; only then is this one alone to blame. */
			struct fail flush;
			if (fail.status == EX_DATAERR && wire_flush(line->wire, TIMEOUT_MS, &flush) != 0)
				fail = flush;
			else if (fail.status == EX_DATAERR)
				written->to = index;
			return give_up(line, written, &fail);
		}
		start = end;
		bool last = index + 1 == slice->to || (index + 1 - slice->from) % FLUSH_RECORDS == 0;
		if (last && wire_flush(line->wire, TIMEOUT_MS, &fail) != 0)
			return give_up(line, written, &fail);
		if (last)
			written->to = index + 1;
	}
	return 0;
}

static void reopen_line(void *driver)
{
	struct line *line = driver;

	wire_close(line->wire);
	line->wire = NULL;
}

const struct output_driver output_syslog_driver = {open_line, write_line, reopen_line, close_line};
