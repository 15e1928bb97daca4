#include "lib/report/scan.h"

#include "lib/format/jsonscan.h"

#include <string.h>

enum { INTEGER_DIGITS_MAX = 16 };

static const int64_t integer_max = (INT64_C(1) << 53) - 1;

uint8_t *scan_keep(struct scan *scan, size_t size)
{
	uint8_t *kept = scan->scratch;

	if (size > scan->scratch_size)
		return NULL;
	scan->scratch += size;
	scan->scratch_size -= size;
	return kept;
}

enum scan_result scan_string(struct scan *scan, struct scan_text *text)
{
	bool escaped;

	if (scan->at == scan->end || *scan->at != '"')
		return SCAN_OTHER;
	const uint8_t *start = ++scan->at;
	if (jsonscan_string(&scan->at, scan->end, &escaped) != JSONSCAN_DONE)
		return SCAN_MALFORMED;
	*text = (struct scan_text){start, (size_t)(scan->at - start) - 1};
	if (!escaped)
		return SCAN_DONE;
	if (text->size > scan->scratch_size)
		return SCAN_NO_ROOM;
	text->size = jsonscan_decode(start, text->size, scan->scratch);
	text->bytes = scan_keep(scan, text->size);
	return SCAN_DONE;
}

enum scan_result scan_integer(struct scan *scan, int64_t *value)
{
	int64_t read = 0;
	const uint8_t *start = scan->at;

	if (start < scan->end && *start == '-')
		return SCAN_OUT_OF_RANGE;
	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9') {
		if (scan->at - start == INTEGER_DIGITS_MAX)
			return SCAN_OUT_OF_RANGE;
		read = read * 10 + (*scan->at++ - '0');
	}
	if (scan->at == start)
		return SCAN_OTHER;
	if (*start == '0' && scan->at - start > 1)
		return SCAN_MALFORMED;
	if (scan->at < scan->end && (*scan->at == '.' || (*scan->at | 0x20) == 'e'))
		return SCAN_OTHER;
	if (read > integer_max)
		return SCAN_OUT_OF_RANGE;
	*value = read;
	return SCAN_DONE;
}
