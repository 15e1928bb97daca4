#include "lib/facts/probe_virt.h"

#include "lib/base/io.h"
#include "lib/facts/cpu.h"
#include "lib/facts/fact.h"
#include "lib/facts/probe_process.h"
#include "lib/facts/survey.h"
#include "lib/facts/virt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the steps of the search have found so far. Source of their order: systemd 252, src/basic/virt.c,
 * detect_vm(). */
struct search {
	struct survey *survey;
	struct value *value;
	const char *name; /* the answer, once there is one */
	const char *dmi;
	bool dom0;    /* Xen's first domain is no guest */
	bool hyper_v; /* by the CPU, which KVM imitates */
	bool other;   /* some virtual machine */
	bool unknown; /* *value has the reason */
};

static bool give_up(struct search *search, const char *why)
{
	value_unknown(search->value, "%s", why);
	search->unknown = true;
	return true;
}

/* A file of the search: false when it is absent. When it cannot be read, the search is over. */
static bool content(struct search *search, const char *path, struct span *text)
{
	const struct host_file *file = host_read(search->survey->host, path, HOST_FILE_MAX, HOST_HEAD);

	if (file->state == HOST_UNREADABLE)
		(void)give_up(search, file->why);
	if (file->state != HOST_FOUND)
		return false;
	*text = lines_trim(file->content);
	return true;
}

static bool there(struct search *search, const char *path)
{
	char why[HOST_WHY_SIZE];
	enum host_state state = host_stat(search->survey->host, path, NULL, why);

	if (state == HOST_UNREADABLE)
		(void)give_up(search, why);
	return state == HOST_FOUND;
}

/* The firmware's own word; only root may read it, and it is not missed when the rest is clear. */
static int smbios(struct search *search)
{
	const struct host_file *file = host_text(search->survey->host, "/sys/firmware/dmi/entries/0-0/raw");

	return file->state == HOST_FOUND ? virt_smbios(file->content) : -1;
}

static void step_dmi(struct search *search)
{
	static const char *const paths[] = {"/sys/class/dmi/id/product_name", "/sys/class/dmi/id/sys_vendor",
					    "/sys/class/dmi/id/board_vendor", "/sys/class/dmi/id/bios_vendor",
					    "/sys/class/dmi/id/product_version"};
	struct span product = {0};

	for (size_t i = 0; i < sizeof paths / sizeof paths[0] && search->dmi == NULL; i++) {
		struct span text;
		if (content(search, paths[i], &text))
			search->dmi = virt_of_dmi(text);
		if (search->unknown)
			return;
	}
	/* EC2's vendor is the same on metal. */
	if (search->dmi != NULL && strcmp(search->dmi, "amazon") == 0) {
		int virtual = smbios(search);
		if (virtual == 0 || (virtual < 0 && content(search, paths[0], &product) &&
				     lines_first(product, ".metal") != NULL))
			search->dmi = NULL;
	} else if (search->dmi == NULL && smbios(search) == 1) {
		search->other = true;
	}
	if (search->dmi != NULL && virt_is_sure(search->dmi))
		search->name = search->dmi;
}

static void step_uml(struct search *search)
{
	struct span cpuinfo;
	struct span vendor;

	if (content(search, "/proc/cpuinfo", &cpuinfo) && lines_find(cpuinfo, "vendor_id", ':', &vendor) &&
	    lines_equal(vendor, "User Mode Linux"))
		search->name = "uml";
}

static void step_xen(struct search *search)
{
	enum { XENFEAT_DOM0 = 1 << 11 };
	struct span text;

	if (!there(search, "/proc/xen"))
		return;
	if (content(search, "/sys/hypervisor/properties/features", &text)) {
		char digits[16] = "";
		memcpy(digits, text.bytes, text.size < sizeof digits ? text.size : sizeof digits - 1);
		search->dom0 = (strtoul(digits, NULL, 16) & XENFEAT_DOM0) != 0;
	} else if (!search->unknown && content(search, "/proc/xen/capabilities", &text)) {
		search->dom0 = lines_first(text, "control_d") != NULL;
	}
	if (!search->dom0)
		search->name = "xen";
}

/* The CPU of a captured host cannot be asked: what was recorded counts, or the flag that says there is
 * nothing to record. */
static void step_cpu(struct search *search)
{
	char signature[VIRT_SIGNATURE_SIZE] = "";
	struct span text;

	if (host_is_live(search->survey->host)) {
		if (!virt_signature(signature))
			return;
	} else if (survey_captured(search->survey, "hypervisor", &text)) {
		memcpy(signature, text.bytes,
		       text.size < sizeof signature ? text.size : sizeof signature - 1);
	} else if (content(search, "/proc/cpuinfo", &text)) {
		if (cpu_flag(text, "hypervisor") == 1)
			(void)give_up(search, SURVEY_CAPTURE ": tells no hypervisor");
	} else if (!search->unknown) {
		(void)give_up(search, "/proc/cpuinfo: No such file or directory");
	}
	const char *name = virt_of_signature(signature);
	if (name == NULL)
		return;
	if (strcmp(name, "microsoft") == 0)
		search->hyper_v = true;
	else if (strcmp(name, "vm-other") == 0)
		search->other = true;
	else
		search->name = name;
}

/* DMI's less certain names, then none of what follows is asked in Xen's first domain. */
static void step_dmi_again(struct search *search)
{
	if (!search->dom0)
		search->name = search->dmi;
}

static void step_hypervisor(struct search *search)
{
	struct span type;

	if (search->dom0 || !content(search, "/sys/hypervisor/type", &type))
		return;
	if (lines_equal(type, "xen"))
		search->name = "xen";
	else
		search->other = true;
}

/* Whether a name in the folder holds the word: device tree nodes have their address behind their name. */
static bool holds(struct search *search, const char *path, const char *word)
{
	const struct dirent *entry;
	DIR *folder = io_list(host_open_folder(search->survey->host, path));
	bool found = false;
	char why[HOST_WHY_SIZE];

	if (folder == NULL) {
		if (errno != ENOENT) {
			host_say(why, "%s: %s", path, strerror(errno));
			(void)give_up(search, why);
		}
		return false;
	}
	while (!found && (errno = 0, entry = readdir(folder)) != NULL)
		found = strstr(entry->d_name, word) != NULL;
	if (!found && errno != 0) {
		host_say(why, "%s: %s", path, strerror(errno));
		(void)give_up(search, why);
	}
	(void)closedir(folder); /* was only read */
	return found;
}

static void step_device_tree(struct search *search)
{
	struct span text;

	if (search->dom0)
		return;
	if (content(search, "/proc/device-tree/hypervisor/compatible", &text)) {
		search->name = lines_equal(text, "linux,kvm")        ? "kvm"
			       : lines_first(text, "xen") != NULL    ? "xen"
			       : lines_first(text, "vmware") != NULL ? "vmware"
								     : NULL;
		search->other |= search->name == NULL;
		return;
	}
	if (search->unknown)
		return;
	if (there(search, "/proc/device-tree/ibm,partition-name") &&
	    there(search, "/proc/device-tree/hmc-managed?") &&
	    !there(search, "/proc/device-tree/chosen/qemu,graphic-width"))
		search->name = "powervm";
	else if (holds(search, "/proc/device-tree", "fw-cfg") ||
		 (content(search, "/proc/device-tree/compatible", &text) &&
		  lines_equal(text, "qemu,pseries")))
		search->name = "qemu";
}

static void step_zvm(struct search *search)
{
	struct span text;
	struct span program;

	if (!search->dom0 && content(search, "/proc/sysinfo", &text) &&
	    lines_find(text, "VM00 Control Program", ':', &program))
		search->name = lines_begin(program, "z/VM") ? "zvm" : "kvm";
}

void probe_virt_type(struct survey *survey, const struct fact *fact, struct value *value)
{
	static void (*const steps[])(struct search *) = {step_dmi,         step_uml,       step_xen,
							 step_cpu,         step_dmi_again, step_hypervisor,
							 step_device_tree, step_zvm};
	struct search search = {.survey = survey, .value = value};
	char why[HOST_WHY_SIZE];

	(void)fact;
	if (host_stat(survey->host, "/proc/self", NULL, why) != HOST_FOUND ||
	    host_stat(survey->host, "/sys/devices", NULL, why) != HOST_FOUND) {
		value_unknown(value, "%s", why);
		return;
	}
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		steps[i](&search);
		if (search.unknown)
			return;
		if (search.name != NULL)
			break;
	}
	if (search.name == NULL)
		search.name = search.hyper_v ? "microsoft" : search.other ? "vm-other" : "none";
	value_set_word(value, search.name);
}

void probe_virt_prepare(struct survey *survey)
{
	(void)host_text(survey->host, "/proc/1/environ"); /* kept by the host */
}

/* Whether process 1 was told that it runs in a container. Source: systemd's CONTAINER_INTERFACE. */
static bool init_is_contained(struct survey *survey, char *why)
{
	static const char name[] = "container=";
	const struct host_file *file = host_text(survey->host, "/proc/1/environ");
	struct span rest = file->content; /* empty, but of a file that was found */
	struct span variable;

	if (file->state == HOST_UNREADABLE)
		host_say(why, "%s", file->why);
	while (lines_part(&rest, '\0', &variable))
		if (lines_begin(variable, name) && variable.size > strlen(name))
			return true;
	return false;
}

static bool cgroup_is_contained(struct survey *survey, char *why)
{
	static const char *const signs[] = {"/docker/",     "/docker-",  "/lxc/",
					    "/lxc.payload", "/kubepods", "/libpod-"};
	const struct host_file *file = host_text(survey->host, "/proc/1/cgroup");

	if (file->state == HOST_UNREADABLE)
		host_say(why, "%s", file->why);
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (lines_first(file->content, signs[i]) != NULL)
			return true;
	return false;
}

void probe_virt_containers(struct survey *survey, const struct fact *fact, struct value *value)
{
	/* What managers leave in a container, and the sockets of those that serve; podman's is there
	 * without a container in use. */
	static const char *const signs[] = {"/.dockerenv",
					    "/run/.containerenv",
					    "/run/host/container-manager",
					    "/run/systemd/container",
					    "/run/docker.sock",
					    "/run/containerd/containerd.sock",
					    "/run/k3s/containerd/containerd.sock",
					    "/run/crio/crio.sock"};
	char why[HOST_WHY_SIZE] = "";
	char no_vz[HOST_WHY_SIZE];

	bool yes = probe_process_any(survey, fact->programs, why) || init_is_contained(survey, why) ||
		   cgroup_is_contained(survey, why);
	for (size_t i = 0; !yes && i < sizeof signs / sizeof signs[0]; i++)
		yes = host_has(survey->host, signs[i], NULL, why);
	/* OpenVZ: the first is in guests too, the second only in the host. */
	yes = yes || (host_stat(survey->host, "/proc/vz", NULL, no_vz) == HOST_FOUND &&
		      host_stat(survey->host, "/proc/bc", NULL, no_vz) == HOST_ABSENT);
	value_set_any(value, yes, why);
}
