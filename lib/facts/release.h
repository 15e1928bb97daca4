/* What a distribution says of itself. Values are text: quotes are taken off, nothing is ever expanded or
 * run. */
#ifndef SAV_FACTS_RELEASE_H
#define SAV_FACTS_RELEASE_H

#include "lib/facts/lines.h"

enum { RELEASE_FIELD_SIZE = 256 };

/* Empty where the file is silent. */
struct release {
	char id[RELEASE_FIELD_SIZE]; /* as os-release spells it: "debian", "ubuntu", "rhel", "sles" */
	char version[RELEASE_FIELD_SIZE];
	char codename[RELEASE_FIELD_SIZE];
	char description[RELEASE_FIELD_SIZE];
};

/* /etc/os-release. A codename only in VERSION's parentheses counts, unless it is the VARIANT. Source:
 * os-release(5). */
void release_parse_os(struct span text, struct release *release);

/* /etc/lsb-release: DISTRIB_ID and its kin. Source: lsb_release(1). */
void release_parse_lsb(struct span text, struct release *release);

/* /etc/redhat-release: "CentOS release 6.10 (Final)". */
void release_parse_redhat(struct span text, struct release *release);

/* /etc/SuSE-release: a line of description, then VERSION, PATCHLEVEL and CODENAME. */
void release_parse_suse(struct span text, struct release *release);

/* /etc/debian_version: "7.11" or "trixie/sid". */
void release_parse_debian(struct span text, struct release *release);

#endif
