#include "lib/facts/virt.h"

#include <string.h>

#if defined(__i386__) || defined(__x86_64__)
#include <cpuid.h>
#endif

static const struct {
	const char *begins;
	const char *name;
} dmi_names[] = {
	{"KVM", "kvm"},
	{"OpenStack", "kvm"}, /* on machines that are no PCs */
	{"KubeVirt", "kvm"},
	{"Amazon EC2", "amazon"},
	{"QEMU", "qemu"},
	{"VMware", "vmware"},
	{"VMW", "vmware"},
	{"innotek GmbH", "oracle"},
	{"VirtualBox", "oracle"},
	{"Xen", "xen"},
	{"Bochs", "bochs"},
	{"Parallels", "parallels"},
	{"BHYVE", "bhyve"},
	{"Hyper-V", "microsoft"},
	{"Apple Virtualization", "apple"},
	{"Google Compute Engine", "google"}, /* since systemd 254 */
};

static const struct {
	const char *signature;
	const char *name;
} signatures[] = {
	{"XenVMMXenVMM", "xen"},  {"KVMKVMKVM", "kvm"},       {"Linux KVM Hv", "kvm"},
	{"TCGTCGTCGTCG", "qemu"}, {"VMwareVMware", "vmware"}, {"Microsoft Hv", "microsoft"},
	{"bhyve bhyve", "bhyve"}, {"QNXQVMBSQG", "qnx"},      {"ACRNACRNACRN", "acrn"},
	{"SRESRESRESRE", "sre"},  {"Apple VZ", "apple"},
};

const char *virt_of_dmi(struct span text)
{
	for (size_t i = 0; i < sizeof dmi_names / sizeof dmi_names[0]; i++)
		if (lines_begin(text, dmi_names[i].begins))
			return dmi_names[i].name;
	return NULL;
}

bool virt_is_sure(const char *name)
{
	static const char *const sure[] = {"oracle", "xen", "amazon", "parallels", "google"};

	for (size_t i = 0; i < sizeof sure / sizeof sure[0]; i++)
		if (strcmp(name, sure[i]) == 0)
			return true;
	return false;
}

const char *virt_of_signature(const char *signature)
{
	if (signature[0] == '\0')
		return NULL;
	for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++)
		if (strcmp(signature, signatures[i].signature) == 0)
			return signatures[i].name;
	return "vm-other";
}

bool virt_signature(char out[VIRT_SIGNATURE_SIZE])
{
#if defined(__i386__) || defined(__x86_64__)
	enum { FEATURES = 1, HYPERVISOR = 0x40000000 };
	const unsigned present = 1U << 31; /* ECX of leaf 1 */
	unsigned a;
	unsigned b;
	unsigned c;
	unsigned d;

	out[0] = '\0';
	if (__get_cpuid(FEATURES, &a, &b, &c, &d) == 0 || (c & present) == 0)
		return true;
	__cpuid(HYPERVISOR, a, b, c, d);
	memcpy(out, &b, sizeof b);
	memcpy(out + 4, &c, sizeof c);
	memcpy(out + 8, &d, sizeof d);
	out[VIRT_SIGNATURE_SIZE - 1] = '\0';
	for (size_t end = strlen(out); end > 0 && out[end - 1] == ' '; end--)
		out[end - 1] = '\0';
	if (out[0] == '\0') /* there is one, and it keeps its name to itself */
		memcpy(out, "?", sizeof "?");
	return true;
#else
	out[0] = '\0';
	return false;
#endif
}

int virt_smbios(struct span raw)
{
	enum { LENGTH = 1, CHARACTERISTICS_2 = 0x13, NEEDED = 20, VIRTUAL = 1 << 4 };

	if (raw.size < NEEDED || raw.bytes[LENGTH] < NEEDED)
		return -1;
	return (raw.bytes[CHARACTERISTICS_2] & VIRTUAL) != 0 ? 1 : 0;
}
