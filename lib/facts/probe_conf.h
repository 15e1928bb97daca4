/* Facts of the configuration in force. */
#ifndef SAV_FACTS_PROBE_CONF_H
#define SAV_FACTS_PROBE_CONF_H

struct fact;
struct survey;
struct value;

/* Whether the boolean parameter named fact->with is true. */
void probe_conf_is_true(struct survey *survey, const struct fact *fact, struct value *value);

void probe_conf_disinfect(struct survey *survey, const struct fact *fact, struct value *value);
void probe_conf_delete(struct survey *survey, const struct fact *fact, struct value *value);
void probe_conf_archives(struct survey *survey, const struct fact *fact, struct value *value);
void probe_conf_exclusions(struct survey *survey, const struct fact *fact, struct value *value);
void probe_conf_scheduled_scans(struct survey *survey, const struct fact *fact, struct value *value);
void probe_conf_update_policy(struct survey *survey, const struct fact *fact, struct value *value);
void probe_conf_management_type(struct survey *survey, const struct fact *fact, struct value *value);
void probe_conf_update_sources(struct survey *survey, const struct fact *fact, struct value *value);

#endif
