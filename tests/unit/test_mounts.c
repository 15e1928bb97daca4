#include "tests/unit/unit.h"

#include "lib/facts/mounts.h"

static struct mounts parse(const char *text)
{
	struct mounts mounts;

	mounts_parse(lines_of(text), &mounts);
	return mounts;
}

static void takes_the_root_on_top(void **state)
{
	(void)state;
	assert_string_equal(parse("22 1 8:1 / / rw shared:1 master:2 - ext4 /dev/sda1 rw\n").root_type,
			    "ext4");
	assert_string_equal(
		parse("1 1 0:1 / / rw - rootfs rootfs rw\n20 1 8:1 / / rw - xfs /dev/sda1 rw\n").root_type,
		"xfs");
	assert_string_equal(
		parse("24 1 7:0 / / ro - squashfs /dev/loop0 ro\n35 24 0:21 / / rw - overlay o rw\n")
			.root_type,
		"overlay");
	/* One that lies below the one on top comes later in the list. */
	assert_string_equal(
		parse("35 24 0:21 / / rw - overlay o rw\n24 1 7:0 / / ro - squashfs /dev/loop0 ro\n")
			.root_type,
		"overlay");
	assert_string_equal(parse("22 1 8:1 / /home rw - ext4 /dev/sda1 rw\n").root_type, "");
	assert_string_equal(parse("").root_type, "");
}

static void passes_over_what_is_no_mount(void **state)
{
	(void)state;
	static const char too_long[] =
		"2 1 8:1 / / rw - "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa d rw\n";
	const char *bad[] = {"22 1 8:1 / /\n",
			     "22 1 8:1 / / rw - \n",
			     "22 1 8:1 / / rw - ext4 /dev/sda1\n",
			     "x 1 8:1 / / rw - ext4 d rw\n",
			     "22 1 8:1 / / rw ext4 d rw\n",
			     "\n\n",
			     "- - - - - - - - -\n",
			     too_long};

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_string_equal(parse(bad[i]).root_type, "");
}

static void tells_nfs_versions(void **state)
{
	(void)state;
	struct mounts three = parse("5 1 0:4 / /a rw - nfs s:/a rw,vers=3,mountvers=3\n");
	struct mounts old = parse("5 1 0:4 / /a rw - nfs s:/a rw,v3,rsize=8192\n");
	struct mounts four = parse("5 1 0:4 / /a rw - nfs4 s:/a rw,vers=4.2\n");
	struct mounts plain_four = parse("5 1 0:4 / /a rw - nfs s:/a rw,vers=4.0\n");
	struct mounts two = parse("5 1 0:4 / /a rw - nfs s:/a rw,vers=2\n");
	struct mounts silent = parse("5 1 0:4 / /a rw - nfs s:/a rw,mountvers=3\n");

	assert_true(three.nfs3 && !three.nfs4 && !three.nfs_unclear);
	assert_true(old.nfs3 && !old.nfs4);
	assert_true(four.nfs4 && !four.nfs3);
	assert_true(plain_four.nfs4 && !plain_four.nfs3);
	assert_false(two.nfs3 || two.nfs4 || two.nfs_unclear);
	assert_true(parse("5 1 0:4 / /a rw - nfs s:/a rw,hard,fsc=v2\n").nfs_unclear);
	assert_true(parse("5 1 0:4 / /a rw - nfs s:/a rw,mountvers=2\n").nfs_unclear);
	assert_true(silent.nfs_unclear && !silent.nfs3);
}

static void sees_other_types(void **state)
{
	(void)state;
	struct mounts mounts = parse("5 1 0:4 / /a rw - cifs //s/a rw\n6 1 0:5 / /sys/fs/selinux rw - "
				     "selinuxfs s rw\n7 1 0:6 / /proc/fs/nfsd rw - nfsd nfsd rw\n");

	assert_true(mounts.cifs && mounts.selinux);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_root_on_top),
		cmocka_unit_test(passes_over_what_is_no_mount),
		cmocka_unit_test(tells_nfs_versions),
		cmocka_unit_test(sees_other_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
