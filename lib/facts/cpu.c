#include "lib/facts/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy(struct span span, char *out)
{
	size_t size = span.size < CPU_MODEL_SIZE ? span.size : CPU_MODEL_SIZE - 1;

	memcpy(out, span.bytes, size);
	out[size] = '\0';
}

/* The common ones of util-linux's table: MIDR_EL1's implementer and part number. */
static const struct {
	unsigned implementer;
	unsigned part;
	const char *name;
} arm_parts[] = {
	{0x41, 0xb76, "ARM1176"},          {0x41, 0xc05, "ARM Cortex-A5"},
	{0x41, 0xc07, "ARM Cortex-A7"},    {0x41, 0xc08, "ARM Cortex-A8"},
	{0x41, 0xc09, "ARM Cortex-A9"},    {0x41, 0xc0f, "ARM Cortex-A15"},
	{0x41, 0xd03, "ARM Cortex-A53"},   {0x41, 0xd04, "ARM Cortex-A35"},
	{0x41, 0xd05, "ARM Cortex-A55"},   {0x41, 0xd07, "ARM Cortex-A57"},
	{0x41, 0xd08, "ARM Cortex-A72"},   {0x41, 0xd09, "ARM Cortex-A73"},
	{0x41, 0xd0a, "ARM Cortex-A75"},   {0x41, 0xd0b, "ARM Cortex-A76"},
	{0x41, 0xd0c, "ARM Neoverse-N1"},  {0x41, 0xd40, "ARM Neoverse-V1"},
	{0x41, 0xd49, "ARM Neoverse-N2"},  {0x41, 0xd4f, "ARM Neoverse-V2"},
	{0x43, 0x0a1, "Cavium ThunderX"},  {0x43, 0x0af, "Cavium ThunderX2"},
	{0x48, 0xd01, "HiSilicon TSV110"}, {0x50, 0x000, "APM X-Gene"},
	{0xc0, 0xac3, "Ampere-1"},         {0xc0, 0xac4, "Ampere-1a"},
};

static unsigned hexadecimal(struct span span)
{
	char digits[16] = "";
	size_t size = span.size < sizeof digits - 1 ? span.size : sizeof digits - 1;

	memcpy(digits, span.bytes, size);
	return (unsigned)strtoul(digits, NULL, 16); /* what is no number names no part */
}

static bool arm_model(struct span cpuinfo, char *out)
{
	struct span implementer;
	struct span part;

	if (!lines_find(cpuinfo, "CPU implementer", ':', &implementer) ||
	    !lines_find(cpuinfo, "CPU part", ':', &part))
		return false;
	unsigned implementer_number = hexadecimal(implementer);
	unsigned part_number = hexadecimal(part);
	for (size_t i = 0; i < sizeof arm_parts / sizeof arm_parts[0]; i++) {
		if (arm_parts[i].implementer != implementer_number || arm_parts[i].part != part_number)
			continue;
		(void)snprintf(out, CPU_MODEL_SIZE, "%s", arm_parts[i].name); /* fits */
		return true;
	}
	(void)snprintf(out, CPU_MODEL_SIZE, "ARM implementer 0x%02x part 0x%03x", implementer_number,
		       part_number); /* fits */
	return true;
}

/* "processor 0: version = FF,  identification = 0133E8,  machine = 2964" */
static bool s390_model(struct span cpuinfo, char *out)
{
	struct span vendor;
	const uint8_t *machine = lines_first(cpuinfo, "machine = ");
	int64_t number;

	if (!lines_find(cpuinfo, "vendor_id", ':', &vendor) || !lines_begin(vendor, "IBM/S390"))
		return false;
	(void)snprintf(out, CPU_MODEL_SIZE, "IBM/S390"); /* fits */
	if (machine == NULL)
		return true;
	machine += strlen("machine = ");
	struct span digits = {machine, (size_t)(cpuinfo.bytes + cpuinfo.size - machine)};
	if (lines_number(digits, &number))
		(void)snprintf(out, CPU_MODEL_SIZE, "IBM/S390 %lld", (long long)number); /* fits */
	return true;
}

void cpu_parse_model(struct span cpuinfo, char out[CPU_MODEL_SIZE])
{
	/* x86, ia64, arm; loongarch; mips, alpha; powerpc, sparc, parisc; m68k; riscv with and without a
	 * name of its own; old arm. */
	static const char *const names[] = {"model name", "Model Name", "cpu model", "cpu", "CPU", "uarch"};
	static const char *const last_names[] = {"Processor", "isa"};
	struct span value;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (lines_find(cpuinfo, names[i], ':', &value) && value.size > 0) {
			copy(value, out);
			return;
		}
	}
	if (arm_model(cpuinfo, out) || s390_model(cpuinfo, out))
		return;
	for (size_t i = 0; i < sizeof last_names / sizeof last_names[0]; i++) {
		if (lines_find(cpuinfo, last_names[i], ':', &value) && value.size > 0) {
			copy(value, out);
			return;
		}
	}
}

int cpu_flag(struct span cpuinfo, const char *flag)
{
	struct span flags;
	struct span word;

	if (!lines_find(cpuinfo, "flags", ':', &flags))
		return -1;
	while (lines_word(&flags, &word))
		if (lines_equal(word, flag))
			return 1;
	return 0;
}

/* Takes a number off the span. */
static bool take_number(struct span *span, int64_t *number)
{
	if (!lines_number(*span, number))
		return false;
	while (span->size > 0 && span->bytes[0] >= '0' && span->bytes[0] <= '9') {
		span->bytes++;
		span->size--;
	}
	return true;
}

int cpu_parse_list(struct span list, int64_t *count)
{
	enum { CPUS_MAX = 1 << 20 };
	struct span rest = lines_trim(list);
	int64_t total = 0;
	int64_t previous = -1;

	for (;;) {
		int64_t first;
		int64_t last;
		if (!take_number(&rest, &first))
			return -1;
		last = first;
		if (rest.size > 0 && rest.bytes[0] == '-') {
			rest = (struct span){rest.bytes + 1, rest.size - 1};
			if (!take_number(&rest, &last))
				return -1;
		}
		if (first <= previous || last < first || last >= CPUS_MAX)
			return -1;
		total += last - first + 1;
		previous = last;
		if (rest.size == 0)
			break;
		if (rest.bytes[0] != ',')
			return -1;
		rest = (struct span){rest.bytes + 1, rest.size - 1};
	}
	*count = total;
	return 0;
}
