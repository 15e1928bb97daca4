#include "tests/unit/unit.h"

#include "lib/facts/virt.h"

static const char *dmi(const char *text)
{
	const char *name = virt_of_dmi(lines_of(text));

	return name == NULL ? "" : name;
}

/* Source: systemd 252, src/basic/virt.c. */
static void knows_systemds_names(void **state)
{
	(void)state;
	assert_string_equal(dmi("KVM"), "kvm");
	assert_string_equal(dmi("OpenStack Nova"), "kvm");
	assert_string_equal(dmi("Amazon EC2"), "amazon");
	assert_string_equal(dmi("VMware7,1"), "vmware");
	assert_string_equal(dmi("innotek GmbH"), "oracle");
	assert_string_equal(dmi("Hyper-V UEFI Release v4.0"), "microsoft");
	assert_string_equal(dmi("Apple Virtualization Generic Platform"), "apple");
	assert_string_equal(dmi("Not QEMU"), "");
	assert_string_equal(dmi(""), "");
	assert_string_equal(virt_of_signature("KVMKVMKVM"), "kvm");
	assert_string_equal(virt_of_signature("bhyve bhyve"), "bhyve");
	assert_string_equal(virt_of_signature("KVMKVMKVM2"), "vm-other");
	assert_null(virt_of_signature(""));
	assert_true(virt_is_sure("amazon"));
	assert_false(virt_is_sure("qemu"));
}

static void reads_the_firmwares_word(void **state)
{
	(void)state;
	uint8_t raw[24] = {0, 24};

	assert_int_equal(virt_smbios((struct span){raw, sizeof raw}), 0);
	raw[19] = 0x10;
	assert_int_equal(virt_smbios((struct span){raw, sizeof raw}), 1);
	assert_int_equal(virt_smbios((struct span){raw, 19}), -1);
	raw[1] = 19; /* an older and shorter structure */
	assert_int_equal(virt_smbios((struct span){raw, sizeof raw}), -1);
	assert_int_equal(virt_smbios((struct span){NULL, 0}), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_systemds_names),
		cmocka_unit_test(reads_the_firmwares_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
