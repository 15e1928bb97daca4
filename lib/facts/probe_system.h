/* Facts of the machine and its kernel: uname, memory, CPUs, clock. */
#ifndef SAV_FACTS_PROBE_SYSTEM_H
#define SAV_FACTS_PROBE_SYSTEM_H

struct fact;
struct survey;
struct value;

void probe_system_os_name(struct survey *survey, const struct fact *fact, struct value *value);
void probe_system_kernel(struct survey *survey, const struct fact *fact, struct value *value);
void probe_system_architecture(struct survey *survey, const struct fact *fact, struct value *value);
void probe_system_time(struct survey *survey, const struct fact *fact, struct value *value);
void probe_system_zone(struct survey *survey, const struct fact *fact, struct value *value);
void probe_system_memory_total(struct survey *survey, const struct fact *fact, struct value *value);
void probe_system_memory_used(struct survey *survey, const struct fact *fact, struct value *value);
void probe_system_cpu_type(struct survey *survey, const struct fact *fact, struct value *value);
void probe_system_cpu_cores(struct survey *survey, const struct fact *fact, struct value *value);
void probe_system_uptime(struct survey *survey, const struct fact *fact, struct value *value);
void probe_system_root_type(struct survey *survey, const struct fact *fact, struct value *value);

#endif
