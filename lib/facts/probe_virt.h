/* Is this a virtual machine, are containers in use. */
#ifndef SAV_FACTS_PROBE_VIRT_H
#define SAV_FACTS_PROBE_VIRT_H

struct fact;
struct survey;
struct value;

void probe_virt_type(struct survey *survey, const struct fact *fact, struct value *value);
void probe_virt_containers(struct survey *survey, const struct fact *fact, struct value *value);

/* Reads process 1's environment, while that is still allowed. */
void probe_virt_prepare(struct survey *survey);

#endif
