#include "lib/facts/mounts.h"

#include <string.h>

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
struct mount {
	int64_t id;
	int64_t parent;
	struct span point;
	struct span type;
	struct span options; /* of the file system */
};

static bool parse_line(struct span line, struct mount *mount)
{
	struct span words[6];
	struct span word;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (!lines_word(&line, &words[i]))
			return false;
	do { /* optional fields, then a hyphen */
		if (!lines_word(&line, &word))
			return false;
	} while (!lines_equal(word, "-"));
	struct span source;
	mount->point = words[4];
	return lines_number(words[0], &mount->id) && lines_number(words[1], &mount->parent) &&
	       lines_word(&line, &mount->type) && lines_word(&line, &source) &&
	       lines_word(&line, &mount->options);
}

/* The mount options write vers=3, vers=4.2 or, before Linux 2.6.26, v3. */
static void note_nfs(const struct mount *mount, struct mounts *mounts)
{
	struct span rest = mount->options;
	struct span option;
	bool is_4 = lines_equal(mount->type, "nfs4");
	bool is_3 = false;
	bool is_2 = false;

	while (lines_part(&rest, ',', &option)) {
		is_2 |= lines_equal(option, "vers=2") || lines_equal(option, "v2");
		is_3 |= lines_equal(option, "vers=3") || lines_equal(option, "v3");
		is_4 |= lines_equal(option, "vers=4") || lines_begin(option, "vers=4.");
	}
	mounts->nfs3 |= is_3;
	mounts->nfs4 |= is_4;
	mounts->nfs_unclear |= !is_2 && !is_3 && !is_4;
}

void mounts_parse(struct span mountinfo, struct mounts *mounts)
{
	struct span rest = mountinfo;
	struct span line;
	struct mount mount;
	int64_t root_id = -1;

	*mounts = (struct mounts){0};
	while (lines_next(&rest, &line)) {
		if (!parse_line(line, &mount))
			continue;
		if (lines_equal(mount.type, "nfs") || lines_equal(mount.type, "nfs4"))
			note_nfs(&mount, mounts);
		mounts->cifs |= lines_equal(mount.type, "cifs") || lines_equal(mount.type, "smb3");
		mounts->selinux |= lines_equal(mount.type, "selinuxfs");
		/* Mounts pile up on "/": the one on top is the one mounted on the one seen so far. */
		if (!lines_equal(mount.point, "/") || mount.type.size >= sizeof mounts->root_type ||
		    (root_id >= 0 && mount.parent != root_id))
			continue;
		root_id = mount.id;
		memcpy(mounts->root_type, mount.type.bytes, mount.type.size);
		mounts->root_type[mount.type.size] = '\0';
	}
}
