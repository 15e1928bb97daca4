/* The two hashes, by which reports of one machine or one customer are known as such and by nothing else.
 *
 * machine = BLAKE2b-128 under the installation's own secret (var/feedback/id.key) of "machine <epoch> <machine-id>";
 * customer = Argon2id of "customer <epoch> <identifier>"; epoch = days since 1970 divided by 90. */
#ifndef SAV_FACTS_PROBE_IDENTITY_H
#define SAV_FACTS_PROBE_IDENTITY_H

#include <time.h>

struct fact;
struct home;
struct survey;
struct value;

void probe_identity_machine(struct survey *survey, const struct fact *fact, struct value *value);
void probe_identity_customer(struct survey *survey, const struct fact *fact, struct value *value);

/* Makes the folder for state in an installation that has none yet; what fails here is told by the probes. */
void probe_identity_prepare(const struct home *home);

#endif
