#include "lib/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

size_t text_character(const uint8_t *bytes, size_t size)
{
	uint8_t first = bytes[0];
	uint8_t low = 0x80;
	uint8_t high = 0xbf;
	size_t length;

	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		length = 2;
	else if (first >= 0xe0 && first <= 0xef)
		length = 3;
	else if (first >= 0xf0 && first <= 0xf4)
		length = 4;
	else
		return 0;
	if (length > size)
		return 0;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (bytes[1] < low || bytes[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

uint32_t text_decode(const uint8_t *bytes, size_t length)
{
	static const uint8_t lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = bytes[0] & lead[length];

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (bytes[i] & 0x3f);
	return code;
}

size_t text_encode(uint32_t code, char out[4])
{
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = length; i-- > 0; code >>= 6)
		out[i] = (char)(uint8_t)(length == 1 ? code
					 : i == 0    ? lead[length] | code
						     : 0x80 | (code & 0x3f));
	return length;
}

bool text_is_utf8(const uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		uint64_t eight; /* most text is ASCII: look at eight bytes at once */
		if (size - at >= sizeof eight) {
			memcpy(&eight, bytes + at, sizeof eight);
			if ((eight & 0x8080808080808080) == 0) {
				at += sizeof eight;
				continue;
			}
		}
		size_t length = text_character(bytes + at, size - at);
		if (length == 0)
			return false;
		at += length;
	}
	return true;
}

size_t text_cut(const uint8_t *bytes, size_t size, size_t max)
{
	if (size <= max)
		return size;
	size_t cut = max;
	while (cut > 0 && (bytes[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

bool text_has_control(const uint8_t *bytes, size_t size, const char *allowed)
{
	for (size_t i = 0; i < size; i++) {
		bool control = bytes[i] < 0x20 || bytes[i] == 0x7f;
		if ((control && memchr(allowed, bytes[i], strlen(allowed)) == NULL) ||
		    (bytes[i] == 0xc2 && i + 1 < size && bytes[i + 1] < 0xa0))
			return true;
	}
	return false;
}

/* U+200E/F, U+202A..E, U+2066..9, and the line separators U+2028/9. */
bool text_hides(const uint8_t *c, size_t length)
{
	if (length <= 2)
		return text_has_control(c, length, "");
	if (length == 3 && c[0] == 0xe2 && c[1] == 0x80)
		return c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae);
	return length == 3 && c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9;
}

char *text_mask(const uint8_t *bytes, size_t size, char *out, size_t out_size)
{
	enum { ESCAPE = 4, ELLIPSIS = 3 };
	size_t used = 0;
	size_t fits = 0; /* where "..." still fits */

	for (size_t at = 0; at < size;) {
		size_t length = text_character(bytes + at, size - at);
		bool escaped = length == 0 || text_hides(bytes + at, length);
		size_t source = length == 0 ? 1 : length;
		size_t need = escaped ? source * ESCAPE : source;
		if (used + need >= out_size) {
			memcpy(out + fits, "...", ELLIPSIS + 1);
			return out;
		}
		for (size_t i = 0; i < source; i++) {
			if (escaped)
				(void)snprintf(out + used + i * ESCAPE, ESCAPE + 1, "\\x%02x", bytes[at + i]);
			else
				out[used + i] = (char)bytes[at + i];
		}
		used += need;
		if (used + ELLIPSIS < out_size)
			fits = used;
		at += source;
	}
	out[used] = '\0';
	return out;
}

size_t text_distance(const char *a, const char *b)
{
	size_t a_size = strlen(a);
	size_t b_size = strlen(b);
	size_t row[TEXT_DISTANCE_FAR + 1];

	if (a_size > TEXT_DISTANCE_FAR || b_size > TEXT_DISTANCE_FAR)
		return TEXT_DISTANCE_FAR;
	for (size_t j = 0; j <= b_size; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_size; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_size; j++) {
			bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
			size_t best = diagonal + (same ? 0 : 1);
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_size];
}
