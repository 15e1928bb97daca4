/* Which virtual machine this is, by the order and the names of systemd-detect-virt(1); a container is none. */
#ifndef SAV_FACTS_VIRT_H
#define SAV_FACTS_VIRT_H

#include "lib/facts/lines.h"

enum { VIRT_SIGNATURE_SIZE = 13 };

/* The name for the beginning of a DMI string (product_name, sys_vendor, board_vendor, bios_vendor,
 * product_version), or NULL. Source: systemd 252, src/basic/virt.c, detect_vm_dmi_vendor(). */
const char *virt_of_dmi(struct span text);

/* Those DMI names that are believed before the CPU is asked. */
bool virt_is_sure(const char *name);

/* The name for the hypervisor's signature in CPUID leaf 0x40000000: NULL for "" (no hypervisor),
 * "vm-other" for an unknown one. Source: the same, detect_vm_cpuid(). */
const char *virt_of_signature(const char *signature);

/* The live CPU's signature, without blanks at its end; "" when it says that there is no hypervisor. Returns false on architectures
 * without CPUID. */
bool virt_signature(char out[VIRT_SIGNATURE_SIZE]);

/* What the SMBIOS structure of type 0 says: 1 virtual, 0 not, -1 not told. Source: SMBIOS 3.4, 7.1.2.2,
 * bit 4. */
int virt_smbios(struct span raw);

#endif
