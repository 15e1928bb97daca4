/* /proc/cpuinfo in every architecture's spelling, and the kernel's lists of CPUs. */
#ifndef SAV_FACTS_CPU_H
#define SAV_FACTS_CPU_H

#include "lib/facts/lines.h"

enum { CPU_MODEL_SIZE = 128 };

/* The type and model in `out`, "" when the text names none. ARM's numbers are looked up, s390's machine
 * type is taken without the serial number that stands beside it. Source: show_cpuinfo() of
 * arch/<architecture>/kernel in Linux; util-linux, lscpu-arm.c. */
void cpu_parse_model(struct span cpuinfo, char out[CPU_MODEL_SIZE]);

/* Whether x86's "flags" line is there, and has `flag`. Returns 1 or 0, or -1 without such a line. */
int cpu_flag(struct span cpuinfo, const char *flag);

/* How many CPUs a list like "0-3,8,10-11" names: 1..2^20. Returns 0, or -1 when it is no such list.
 * Source: Linux Documentation/admin-guide/cputopology.rst. */
int cpu_parse_list(struct span list, int64_t *count);

#endif
