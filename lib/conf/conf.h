/* The configuration in force: defaults, under the local layer (savconfig writes it), under the policy
 * layer (management's; what it sets is locked). */
#ifndef SAV_CONF_CONF_H
#define SAV_CONF_CONF_H

#include "lib/conf/param.h" /* enum param: PARAM_DISABLE_FEEDBACK ... */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct fail;
struct home;
struct url;
struct stat;
struct conf; /* opaque */

enum conf_layer {
	CONF_DEFAULT,
	CONF_LOCAL,
	CONF_POLICY,
	CONF_LAYERS /* how many */
};

/* Of a layer's file: bytes, values, and collections within each other (one more than make sense, so that a
 * scan whose definition is a list is refused by name). */
enum { CONF_FILE_MAX = 8 << 20, CONF_NODES_MAX = 100000, CONF_DEPTH_MAX = 3 };

/* A configuration that holds only the defaults. NULL when out of memory. */
struct conf *conf_new(void);
void conf_free(struct conf *conf);

/* Reads the bytes of a layer's YAML file into `layer` (CONF_LOCAL or CONF_POLICY), in the place of what it
 * held. A mapping of parameters' names, whose case does not matter, to values; no bytes, or comments only,
 * are an empty layer; in the policy layer also ManagementType. Unknown names, names given twice and wrong
 * values are refused: a misspelt DisableFeedback must not go unnoticed. Returns 0; or -1 with *fail
 * (EX_CONFIG "name:line:column: ...", EX_OSERR) and *conf unchanged. */
int conf_parse(struct conf *conf, enum conf_layer layer, const uint8_t *bytes, size_t size, const char *name,
	       struct fail *fail);

/* conf_new, then both files of the installation; one that does not exist is an empty layer. Returns NULL
 * with *fail: EX_CONFIG for a wrong text, a folder, a symbolic link, and what is too long; EX_NOPERM; EX_IOERR. */
struct conf *conf_load(const struct home *home, struct fail *fail);

/* The same for whoever changes the local layer: appends its file's bytes to `local`, which limits them, and sets
 * *status, which a file that does not exist leaves. */
struct conf *conf_load_local(const struct home *home, struct buf *local, struct stat *status,
			     struct fail *fail);

/* The value in force in the parameter's own form ("true", "enabled", "60"), never empty; NULL when unset and
 * without a default. Borrowed from *conf. For parameters that are no lists. */
const char *conf_text(const struct conf *conf, enum param param);

/* The same for booleans; unset counts as false. */
bool conf_is_true(const struct conf *conf, enum param param);

/* The items of a list in force, for NamedScans the scans' names. `index` is below the count. */
size_t conf_count(const struct conf *conf, enum param param);
const char *conf_item(const struct conf *conf, enum param param, size_t index);

/* The definition of the scan with that index. */
const char *conf_scan(const struct conf *conf, size_t index);

/* Which layer the value in force comes from; CONF_DEFAULT also when there is none. */
enum conf_layer conf_origin(const struct conf *conf, enum param param);

/* The policy layer's ManagementType, "SEC" or "Cloud"; NULL without one. */
const char *conf_management(const struct conf *conf);

/* Whether the layer sets the parameter; if so, its items (one, but for lists) and, for NamedScans, the
 * definitions. */
struct conf_value {
	bool is_set;
	size_t count;
	const char *const *items;
	const char *const *definitions;
};
struct conf_value conf_value(const struct conf *conf, enum conf_layer layer, enum param param);

/* Where reports go: FeedbackURL, else https://FeedbackHost/, and then *custom_host is that host (NULL
 * else; borrowed from *conf). Returns 0; or -1 with *fail (EX_CONFIG) when neither is set. */
int conf_drop(const struct conf *conf, struct url *drop, const char **custom_host, struct fail *fail);

/* Why nothing may be sent: "DisableFeedback is true", "DisableFeedback is true (policy)", "DO_NOT_TRACK is
 * set"; NULL when feedback is on. `do_not_track` is that environment variable: any value but NULL, "" and
 * "0" turns feedback off. Source: https://consoledonottrack.com. */
const char *conf_feedback_off(const struct conf *conf, const char *do_not_track);

#define auto_conf __attribute__((cleanup(conf_fini)))
void conf_fini(struct conf **conf);

#endif
