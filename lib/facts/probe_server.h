/* Facts of what the host serves and is guarded by: ports, NFS, SELinux, AppArmor, the firewall, installed
 * programs. */
#ifndef SAV_FACTS_PROBE_SERVER_H
#define SAV_FACTS_PROBE_SERVER_H

struct fact;
struct survey;
struct value;

/* Whether one of the ports in fact->with is open. */
void probe_server_port(struct survey *survey, const struct fact *fact, struct value *value);

/* Whether one of the programs in fact->with is installed, or one of fact->programs runs. */
void probe_server_installed(struct survey *survey, const struct fact *fact, struct value *value);

void probe_server_cifs(struct survey *survey, const struct fact *fact, struct value *value);
void probe_server_nfs3(struct survey *survey, const struct fact *fact, struct value *value);
void probe_server_nfs4(struct survey *survey, const struct fact *fact, struct value *value);
void probe_server_selinux(struct survey *survey, const struct fact *fact, struct value *value);
void probe_server_apparmor(struct survey *survey, const struct fact *fact, struct value *value);
void probe_server_apparmor_policies(struct survey *survey, const struct fact *fact, struct value *value);
void probe_server_firewall_rules(struct survey *survey, const struct fact *fact, struct value *value);
void probe_server_puremessage(struct survey *survey, const struct fact *fact, struct value *value);
void probe_server_tripwire(struct survey *survey, const struct fact *fact, struct value *value);

#endif
