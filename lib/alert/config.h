/* What runtimedetections.yaml says about alerts: `alert_output`, the newer top-level `mcs`, `mcs_certs`
 * and `certificate_revocation_list`. Every other key at the top is the sensor's and is left alone. See
 * runtimedetections.yaml(5). */
#ifndef SAV_ALERT_CONFIG_H
#define SAV_ALERT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct template;

#define CONFIG_PATH "/etc/sophos/runtimedetections.yaml"
#define CONFIG_MCS_PATH "/v1/alerts" /* of an mcs url without a path */

enum {
	CONFIG_BYTES_MAX = 1 << 20,
	CONFIG_OUTPUTS_MAX = 16,
	CONFIG_PAIRS_MAX = 16, /* certificates, and CRLs */
	CONFIG_HEADERS_MAX = 32,
	CONFIG_ID_MAX = 32, /* bytes of an output's id */
	CONFIG_WARNINGS_MAX = 16,
	CONFIG_KEY_MAX = 4096, /* bytes of an api_key */
	CONFIG_URL_MAX = 2048,
};

enum config_type { CONFIG_STDOUT, CONFIG_FILE, CONFIG_SYSLOG, CONFIG_WEBHOOK, CONFIG_MCS };

enum config_transport { CONFIG_UNIX, CONFIG_UDP, CONFIG_TCP, CONFIG_TLS };

struct config_output {
	enum config_type type;
	char id[CONFIG_ID_MAX + 1]; /* unique: "mcs", the second "mcs-2", or what the file says */
	unsigned line, column;      /* where it begins */
	bool enabled;
	struct template *template; /* NULL: the alert's JSON */

	char *path; /* file */
	uint64_t max_size_bytes;
	unsigned max_backups; /* 0: the full file is begun anew without keeping it */

	char *url;  /* mcs, webhook: https or http, with its path */
	char *host; /* of url or address; NULL for a Unix socket */
	uint16_t port;
	char *api_key; /* NULL without; mcs always has one */
	char *api_key_file;
	unsigned key_line, key_column;     /* where it is named */
	char *headers[CONFIG_HEADERS_MAX]; /* webhook: "Name: value" */
	size_t header_count;

	enum config_transport transport; /* syslog; `path` is the Unix socket's */
	int facility;
	int severity;
	char *tag;

	char *ca_file;   /* webhook, syslog over TLS: trusted instead of the system's store */
	char *cert_file; /* client certificate and its key, PEM */
	char *key_file;
};

struct config {
	struct config_output outputs[CONFIG_OUTPUTS_MAX]; /* the disabled ones, too */
	size_t output_count;
	char *certificates[CONFIG_PAIRS_MAX];
	size_t certificate_count;
	char *crls[CONFIG_PAIRS_MAX];
	size_t crl_count;
	char *warnings[CONFIG_WARNINGS_MAX]; /* "name:line:column: ..." */
	size_t warning_count;
};

/* Looks up a name of the environment, for ${NAME}; NULL when it is not set. */
typedef const char *config_lookup(const char *name);

/* Reads the bytes of the file, which messages call `name`; templates are parsed, URLs and numbers checked,
 * but no file is opened (see config_load_keys). Returns the configuration; or NULL with *fail (EX_CONFIG):
 * "name:line:column: reason". */
struct config *config_parse(const uint8_t *bytes, size_t size, const char *name, config_lookup *lookup,
			    struct fail *fail);

/* Reads the api_key_file of every enabled output. One that others can read is refused. Returns 0, or -1
 * with *fail (EX_CONFIG, EX_NOINPUT, EX_NOPERM): "name:line:column: api_key_file: path: reason". */
int config_load_keys(struct config *config, const char *name, struct fail *fail);

/* The whole of it for a path. */
struct config *config_load(const char *path, config_lookup *lookup, struct fail *fail);

/* Wipes the keys, frees. Takes NULL. */
void config_free(struct config *config);

/* How many outputs are enabled. */
size_t config_count_enabled(const struct config *config);

/* "stdout", "mcs" ... */
const char *config_type_name(enum config_type type);

/* The region that Sophos documents for an mcs host; NULL for any other host.
 * Source: "Exporting alerts to Sophos Central", Finding your MCS URL. */
const char *config_region(const char *host);

#define auto_config __attribute__((cleanup(config_fini)))
void config_fini(struct config **config);

#endif
