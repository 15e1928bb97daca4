/* Where an output of the configuration sends to: urls, and addresses of syslog services. */
#ifndef SAV_ALERT_CONFIG_ADDRESS_H
#define SAV_ALERT_CONFIG_ADDRESS_H

struct config_output;
struct config_source;
struct fail;
struct yaml_node;

/* Reads the url of an mcs or webhook output into url, host and port. Without a scheme it means https; mcs
 * takes nothing else, and without a path gets CONFIG_MCS_PATH; a webhook's may have a query. Returns 0, or
 * -1 with *fail, which never shows the url: a query often holds a token. */
int config_address_url(const struct config_source *source, const struct yaml_node *node,
		       struct config_output *output, struct fail *fail);

/* Reads /PATH, unix:///PATH, udp://HOST[:PORT], tcp://... or tls://... into transport and path, or host
 * and port. Returns as above. */
int config_address_syslog(const struct config_source *source, const struct yaml_node *node,
			  struct config_output *output, struct fail *fail);

#endif
