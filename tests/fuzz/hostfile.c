/* The smaller files that a host keeps, read by lib/facts: lines, ports, processes, savlog, virt, zone; and
 * the time of a capture (lib/base instant).
 * Input: which one (see the table), the file. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/instant.h"
#include "lib/facts/lines.h"
#include "lib/facts/ports.h"
#include "lib/facts/processes.h"
#include "lib/facts/savlog.h"
#include "lib/facts/virt.h"
#include "lib/facts/zone.h"

#include <string.h>

/* The lines, joined, are the text; the words of each lie within it, in order. */
static void lines(struct span text)
{
	struct span rest = text;
	struct span line;
	struct span word;
	const uint8_t *at = text.bytes;

	while (lines_next(&rest, &line)) {
		REQUIRE(line.bytes == at && (line.size == 0 || memchr(line.bytes, '\n', line.size) == NULL));
		const uint8_t *from = line.bytes;
		for (struct span left = line; lines_word(&left, &word); from = word.bytes + word.size)
			REQUIRE(word.size > 0 && word.bytes >= from &&
				word.bytes + word.size <= line.bytes + line.size);
		at = line.bytes + line.size + (line.bytes + line.size < text.bytes + text.size);
	}
	REQUIRE(at == text.bytes + text.size);
	if (lines_find(text, "MemTotal", ':', &word)) {
		int64_t number = -1;
		REQUIRE(word.bytes >= text.bytes && word.bytes + word.size <= text.bytes + text.size);
		REQUIRE(!lines_number(word, &number) || number >= 0);
	}
	const uint8_t *first = lines_first(text, "ab");
	const uint8_t *last = lines_last(text, "ab");
	REQUIRE((first == NULL) == (last == NULL) && first <= last);
}

static void tcp(struct span text)
{
	for (int big_endian = 0; big_endian < 2; big_endian++) {
		struct ports ports = {{0}};
		bool all = false;
		(void)ports_parse(text, big_endian == 1, &ports, &all);
		(void)ports_is_open(&ports, 65535);
	}
}

static void stat_line(struct span text)
{
	int kernel = processes_is_kernel_thread(text);

	REQUIRE(kernel >= -1 && kernel <= 1);
}

static void log_of_update(struct span text)
{
	struct savlog_update update = {0};

	savlog_parse_update(text, &update);
	REQUIRE(update.ended || !update.succeeded);
	REQUIRE(update.source <= SAVLOG_BACKUP);
}

static void log_of_talpa(struct span text)
{
	struct savlog_talpa talpa = {0};

	savlog_parse_talpa(text, &talpa);
	REQUIRE(talpa.type == NULL || talpa.type[0] != '\0');
}

static void status(struct span text)
{
	struct span value;

	if (savlog_status(text, "Product version", &value))
		REQUIRE(value.bytes >= text.bytes && value.bytes + value.size <= text.bytes + text.size);
}

static void dmi(struct span text)
{
	const char *name = virt_of_dmi(text);
	int smbios = virt_smbios(text);

	REQUIRE(name == NULL || name[0] != '\0');
	REQUIRE(smbios >= -1 && smbios <= 1);
}

static void zone(struct span text)
{
	char name[ZONE_NAME_SIZE];
	char again[ZONE_NAME_SIZE];

	if (!zone_parse_name(text, name))
		return;
	REQUIRE(fuzz_is_plain(name, strlen(name)) && name[0] != '/' && strstr(name, "..") == NULL);
	REQUIRE(zone_parse_name(lines_of(name), again) && strcmp(name, again) == 0);
}

static void instant(struct span text)
{
	enum { DAY_S = 86400 };
	char out[INSTANT_SIZE];
	int64_t when;
	int64_t again;

	/* An offset leads from the first days of 1970 to 1969, which is not read. */
	if (instant_parse(text.bytes, text.size, &when) == 0 && when >= DAY_S &&
	    instant_format((time_t)when, out) == 0)
		REQUIRE(instant_parse((const uint8_t *)out, strlen(out), &again) == 0 && again == when);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static void (*const parsers[])(struct span text) = {
		lines, tcp, stat_line, log_of_update, log_of_talpa, status, dmi, zone, instant};
	struct fuzz in = {bytes, size};
	unsigned which = fuzz_choice(&in, sizeof parsers / sizeof parsers[0]);

	parsers[which]((struct span){in.bytes, in.size});
	return 0;
}
