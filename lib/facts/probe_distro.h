/* Facts of the distribution. */
#ifndef SAV_FACTS_PROBE_DISTRO_H
#define SAV_FACTS_PROBE_DISTRO_H

struct fact;
struct survey;
struct value;

void probe_distro_id(struct survey *survey, const struct fact *fact, struct value *value);
void probe_distro_release(struct survey *survey, const struct fact *fact, struct value *value);
void probe_distro_codename(struct survey *survey, const struct fact *fact, struct value *value);
void probe_distro_description(struct survey *survey, const struct fact *fact, struct value *value);

#endif
