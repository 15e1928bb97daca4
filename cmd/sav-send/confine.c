#include "cmd/sav-send/confine.h"

#include "lib/base/fail.h"
#include "lib/base/sandbox.h"
#include "lib/conf/home.h"

#include <stddef.h>

/* Not all of /etc: the program may run as root, and there are keys and password hashes. What a system
 * lacks is passed over. */
static const char *const needed[] = {
	/* libraries, which the resolver loads late */
	"/usr", "/lib", "/lib64", "/etc/ld.so.cache",
	/* names: nsswitch.conf(5), resolv.conf(5) and where its link may lead */
	"/etc/hosts", "/etc/host.conf", "/etc/hostname", "/etc/resolv.conf", "/etc/nsswitch.conf",
	"/etc/gai.conf", "/etc/services", "/etc/protocols", "/run/systemd/resolve", "/run/resolvconf",
	"/run/NetworkManager", "/run/nscd", "/var/lib/sss", "/proc/sys/net",
	/* the system's certificates and what TLS is set to, on Debian, SUSE, Alpine and Arch, and on Red Hat; beside
	 * them are the private keys of servers */
	"/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/openssl.cnf",
	"/etc/ca-certificates", "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/pki/tls/cert.pem",
	"/etc/pki/tls/openssl.cnf", "/etc/crypto-policies",
	/* random numbers */
	"/dev/urandom", "/dev/null"};

int confine_start(struct fail *fail)
{
	struct sandbox sandbox;
	bool active;

	if (sandbox_begin(&sandbox, SANDBOX_CONNECT, fail) != 0 ||
	    sandbox_allow(&sandbox, "/", SANDBOX_READ | SANDBOX_WRITE, fail) != 0)
		return -1;
	return sandbox_enter(&sandbox, &active, fail);
}

int confine_network(const char *ca_name, struct fail *fail)
{
	struct sandbox sandbox;
	bool active;

	if (sandbox_begin(&sandbox, SANDBOX_CONNECT, fail) != 0)
		return -1;
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (sandbox_allow(&sandbox, needed[i], SANDBOX_READ, fail) != 0)
			return -1;
	if (ca_name != NULL && sandbox_allow(&sandbox, ca_name, SANDBOX_READ, fail) != 0)
		return -1;
	return sandbox_enter(&sandbox, &active, fail);
}

int confine_writer(const struct home *home, const char *folder, bool *active, struct fail *fail)
{
	struct sandbox sandbox;
	char state[PATH_MAX];
	char etc[PATH_MAX];

	if (home_path(home, HOME_STATE, state, fail) != 0 || home_path(home, HOME_ETC, etc, fail) != 0 ||
	    sandbox_begin(&sandbox, 0, fail) != 0 || sandbox_allow(&sandbox, etc, SANDBOX_READ, fail) != 0 ||
	    sandbox_allow(&sandbox, state, SANDBOX_READ | SANDBOX_WRITE, fail) != 0 ||
	    (folder != NULL && sandbox_allow(&sandbox, folder, SANDBOX_READ | SANDBOX_WRITE, fail) != 0))
		return -1;
	return sandbox_enter(&sandbox, active, fail);
}
