/* Facts of the installation's own files and programs. */
#ifndef SAV_FACTS_PROBE_SAVD_H
#define SAV_FACTS_PROBE_SAVD_H

struct fact;
struct survey;
struct value;

void probe_savd_version(struct survey *survey, const struct fact *fact, struct value *value);

/* What savdstatus says under the name fact->with. */
void probe_savd_status(struct survey *survey, const struct fact *fact, struct value *value);

void probe_savd_on_access(struct survey *survey, const struct fact *fact, struct value *value);
void probe_savd_method(struct survey *survey, const struct fact *fact, struct value *value);
void probe_savd_talpa_type(struct survey *survey, const struct fact *fact, struct value *value);
void probe_savd_talpa_failure(struct survey *survey, const struct fact *fact, struct value *value);
void probe_savd_update_succeeded(struct survey *survey, const struct fact *fact, struct value *value);
void probe_savd_update_source(struct survey *survey, const struct fact *fact, struct value *value);
void probe_savd_days_since_update(struct survey *survey, const struct fact *fact, struct value *value);
void probe_savd_webui_log(struct survey *survey, const struct fact *fact, struct value *value);
void probe_savd_through_proxy(struct survey *survey, const struct fact *fact, struct value *value);
void probe_savd_managed(struct survey *survey, const struct fact *fact, struct value *value);
void probe_savd_license(struct survey *survey, const struct fact *fact, struct value *value);

/* Looks at the scanner's descriptors, while that is still allowed. */
void probe_savd_prepare(struct survey *survey);

#endif
