/* One output of the configuration: its keys and their values. */
#ifndef SAV_ALERT_CONFIG_OUTPUT_H
#define SAV_ALERT_CONFIG_OUTPUT_H

#include "lib/alert/config.h"

struct config_source;
struct yaml_node;

/* Fills *output from a mapping of `alert_output.outputs`, whose type is among its keys; or with `top`,
 * from the top-level `mcs`. Returns 0; or -1 with *fail, and in *output what config_free frees. */
int config_output_read(const struct config_source *source, const struct yaml_node *node, bool top,
		       struct config_output *output, struct fail *fail);

/* Wipes the keys, frees; all zero afterwards. */
void config_output_fini(struct config_output *output);

#endif
