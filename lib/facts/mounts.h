/* What is mounted, as far as facts ask. */
#ifndef SAV_FACTS_MOUNTS_H
#define SAV_FACTS_MOUNTS_H

#include "lib/facts/lines.h"

struct mounts {
	char root_type[65]; /* "" when nothing is mounted at "/" */
	bool cifs;
	bool nfs3;
	bool nfs4;
	bool nfs_unclear; /* an NFS mount that tells no version */
	bool selinux;     /* selinuxfs */
	bool nfsd;        /* the NFS server's control file system */
};

/* Reads /proc/self/mountinfo; lines that are not of its form are passed over. Source: proc_pid_mountinfo(5). */
void mounts_parse(struct span mountinfo, struct mounts *mounts);

#endif
