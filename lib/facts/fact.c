#include "lib/facts/fact.h"

#include "lib/facts/probe_conf.h"
#include "lib/facts/probe_distro.h"
#include "lib/facts/probe_identity.h"
#include "lib/facts/probe_process.h"
#include "lib/facts/probe_savd.h"
#include "lib/facts/probe_server.h"
#include "lib/facts/probe_system.h"
#include "lib/facts/probe_virt.h"
#include "lib/facts/survey.h"

#include <string.h>

const char *const fact_areas[FACT_AREAS] = {"sophos", "system", "on_access", "config", "server"};

static const char *const level_names[FACT_LEVELS] = {"9.7", "9.8.3", "9.11"};

const struct fact fact_table[FACT_COUNT] = {
	/* sophos */
	{"sophos.product_version", FACT_9_7, VALUE_TEXT, "Version number of SAV for Linux installed",
	 "engine/version", NULL, NULL, probe_savd_version},
	{"sophos.customer_id", FACT_9_7, VALUE_HASH,
	 "A hash of the customer identifier to avoid data duplication",
	 "CustomerID, else PrimaryUpdateUsername, through the customer hash", NULL, NULL,
	 probe_identity_customer},
	{"sophos.machine_id", FACT_9_7, VALUE_HASH, "A hash of the machine ID reported",
	 "/etc/machine-id through the machine hash", NULL, NULL, probe_identity_machine},
	{"sophos.virus_data_version", FACT_9_8_3, VALUE_TEXT, "Version of the virus data in use",
	 "savdstatus --version: Threat data", NULL, "Threat data", probe_savd_status},
	{"sophos.virus_engine_version", FACT_9_8_3, VALUE_TEXT, "Version of the virus engine in use",
	 "savdstatus --version: Threat detection engine", NULL, "Threat detection engine", probe_savd_status},
	{"sophos.regression_suite", FACT_9_8_3, VALUE_BOOLEAN,
	 "Are the results being reported as part of internal testing", "RegressionSuite", NULL,
	 "RegressionSuite", probe_conf_is_true},
	{"sophos.license", FACT_9_11, VALUE_TEXT, "Where updating from Sophos this gives the license in use",
	 "etc/free_version, else LicenseType", NULL, NULL, probe_savd_license},
	/* system */
	{"system.os_name", FACT_9_7, VALUE_TEXT, "Linux or Unix", "uname: sysname", NULL, NULL,
	 probe_system_os_name},
	{"system.kernel_version", FACT_9_7, VALUE_TEXT, "The version of the Linux kernel running",
	 "uname: release", NULL, NULL, probe_system_kernel},
	{"system.architecture", FACT_9_7, VALUE_TEXT, "Hardware architecture and processor type",
	 "uname: machine", NULL, NULL, probe_system_architecture},
	{"system.distro_id", FACT_9_7, VALUE_TEXT, "Distribution ID (e.g. Ubuntu)",
	 "os-release, lsb-release, redhat-release, SuSE-release, debian_version", NULL, NULL,
	 probe_distro_id},
	{"system.distro_release", FACT_9_7, VALUE_TEXT, "Distribution release (e.g. 12.04)",
	 "os-release, lsb-release, redhat-release, SuSE-release, debian_version", NULL, NULL,
	 probe_distro_release},
	{"system.distro_codename", FACT_9_7, VALUE_TEXT, "Distribution codename (e.g. precise)",
	 "os-release, lsb-release, redhat-release, SuSE-release, debian_version", NULL, NULL,
	 probe_distro_codename},
	{"system.distro_description", FACT_9_7, VALUE_TEXT,
	 "Distribution description (e.g. Ubuntu 12.04.4 LTS)",
	 "os-release, lsb-release, redhat-release, SuSE-release, debian_version", NULL, NULL,
	 probe_distro_description},
	{"system.time", FACT_9_7, VALUE_TEXT, "Local time on the system (to avoid duplication)",
	 "the clock, to the second", NULL, NULL, probe_system_time},
	{"system.time_zone", FACT_9_7, VALUE_TEXT, "Time zone, for geographic spread",
	 "TZ, the link /etc/localtime, /etc/timezone, /etc/sysconfig/clock", NULL, NULL, probe_system_zone},
	{"system.memory_total_kib", FACT_9_7, VALUE_INTEGER, "System memory", "/proc/meminfo", NULL, NULL,
	 probe_system_memory_total},
	{"system.memory_used_kib", FACT_9_7, VALUE_INTEGER, "Total memory in use",
	 "/proc/meminfo: MemTotal - MemAvailable", NULL, NULL, probe_system_memory_used},
	{"system.vm_type", FACT_9_7, VALUE_TEXT, "If it can be detected, is the system a virtual machine",
	 "DMI, CPUID, /proc/xen, /sys/hypervisor, device tree, /proc/sysinfo", NULL, NULL, probe_virt_type},
	{"system.cpu_type", FACT_9_8_3, VALUE_TEXT, "CPU type and model", "/proc/cpuinfo", NULL, NULL,
	 probe_system_cpu_type},
	{"system.cpu_cores", FACT_9_8_3, VALUE_INTEGER, "Number of cores", "/sys/devices/system/cpu/online",
	 NULL, NULL, probe_system_cpu_cores},
	{"system.uptime_seconds", FACT_9_8_3, VALUE_INTEGER,
	 "Length of time the system has been running between reboots", "/proc/uptime", NULL, NULL,
	 probe_system_uptime},
	{"system.root_fs_type", FACT_9_8_3, VALUE_TEXT, "Filesystem type of the root partition",
	 "/proc/self/mountinfo", NULL, NULL, probe_system_root_type},
	{"system.containers", FACT_9_11, VALUE_BOOLEAN, "Are containers in use on the system",
	 "process table, sockets of runtimes, this system being one",
	 "dockerd dockerd-current docker-containerd containerd crio podman conmon lxc-start lxd incusd "
	 "kubelet k3s systemd-nspawn",
	 NULL, probe_virt_containers},
	/* on_access */
	{"on_access.enabled", FACT_9_7, VALUE_BOOLEAN, "Is the customer using on-access scanning",
	 "var/run/onaccess.status: \"active\"", NULL, NULL, probe_savd_on_access},
	{"on_access.method", FACT_9_7, VALUE_TEXT, "FANotify/Talpa",
	 "/proc/sys/talpa, else the descriptors of savscand", "savscand", NULL, probe_savd_method},
	{"on_access.on_open", FACT_9_7, VALUE_BOOLEAN, "On-access checking on file open", "OnAccessOpen",
	 NULL, "OnAccessOpen", probe_conf_is_true},
	{"on_access.disinfect", FACT_9_7, VALUE_BOOLEAN, "Is clean-up in use", "AutomaticAction", NULL, NULL,
	 probe_conf_disinfect},
	{"on_access.delete", FACT_9_7, VALUE_BOOLEAN,
	 "Is the product set to delete infected files on detection", "AutomaticAction", NULL, NULL,
	 probe_conf_delete},
	{"on_access.talpa_type", FACT_9_7, VALUE_TEXT, "Locally compiled, custom TBP, Talpa binary pack",
	 "log/talpaselect.log, else talpa/compiled/*.tar.gz", NULL, NULL, probe_savd_talpa_type},
	{"on_access.exclusions", FACT_9_7, VALUE_INTEGER, "Number of exclusions specified",
	 "ExcludeFilePaths, ExcludeFileOnGlob, ExcludeFilesystems", NULL, NULL, probe_conf_exclusions},
	{"on_access.archives", FACT_9_8_3, VALUE_BOOLEAN, "Is the product set to scan archives on-access",
	 "ScanArchives", NULL, NULL, probe_conf_archives},
	{"on_access.last_talpa_build_failure", FACT_9_11, VALUE_INTEGER,
	 "Error code of the last Talpa build failure", "log/talpaselect.log", NULL, NULL,
	 probe_savd_talpa_failure},
	/* config */
	{"config.live_protection", FACT_9_7, VALUE_BOOLEAN, "Is Live-Protection (SXL) enabled",
	 "LiveProtection", NULL, "LiveProtection", probe_conf_is_true},
	{"config.download_all_distros", FACT_9_7, VALUE_BOOLEAN, "Does the system download all binary packs",
	 "DownloadAllDistros", NULL, "DownloadAllDistros", probe_conf_is_true},
	{"config.scheduled_scans", FACT_9_7, VALUE_INTEGER, "Number of local scheduled scans", "NamedScans",
	 NULL, NULL, probe_conf_scheduled_scans},
	{"config.update_succeeded", FACT_9_7, VALUE_BOOLEAN, "Update success/failure",
	 "log/savupdate-debug.log: the last update", NULL, NULL, probe_savd_update_succeeded},
	{"config.update_source", FACT_9_7, VALUE_TEXT, "Primary, Secondary or Backup update source",
	 "log/savupdate-debug.log: the last success", NULL, NULL, probe_savd_update_source},
	{"config.extra_files", FACT_9_7, VALUE_BOOLEAN, "Is the extra files option in use", "ExtraFiles",
	 NULL, "ExtraFiles", probe_conf_is_true},
	{"config.webui_enabled", FACT_9_7, VALUE_BOOLEAN, "Is the web-ui enabled", "WebUI", NULL, "WebUI",
	 probe_conf_is_true},
	{"config.webui_log_bytes", FACT_9_7, VALUE_INTEGER, "Size of the web-ui log", "log/webui.log", NULL,
	 NULL, probe_savd_webui_log},
	{"config.through_proxy", FACT_9_7, VALUE_BOOLEAN, "Was the endpoint behind a proxy",
	 "the route of the last success, else the one to come", NULL, NULL, probe_savd_through_proxy},
	{"config.email_notifications", FACT_9_7, VALUE_BOOLEAN, "Is e-mail notification enabled",
	 "EmailNotifier", NULL, "EmailNotifier", probe_conf_is_true},
	{"config.days_since_update", FACT_9_7, VALUE_INTEGER, "Days since update", "etc/update.last_update",
	 NULL, NULL, probe_savd_days_since_update},
	{"config.managed", FACT_9_7, VALUE_BOOLEAN, "Is the system managed by SEC",
	 "sav-rms running, or a policy layer", "sav-rms magent mrouter", NULL, probe_savd_managed},
	{"config.update_policy", FACT_9_8_3, VALUE_TEXT, "Preview, Recommended or Previous", "UpdatePolicy",
	 NULL, NULL, probe_conf_update_policy},
	{"config.management_type", FACT_9_8_3, VALUE_TEXT, "Which management system (SEC/Cloud)",
	 "ManagementType of the policy layer", NULL, NULL, probe_conf_management_type},
	{"config.update_sources", FACT_9_11, VALUE_LIST, "The update sources in use",
	 "kinds of Primary- and SecondaryUpdateSourcePath", NULL, NULL, probe_conf_update_sources},
	/* server */
	{"server.firefox_running", FACT_9_7, VALUE_BOOLEAN, "Firefox running",
	 "process table: firefox, firefox-bin, firefox-esr", "firefox firefox-bin firefox-esr", NULL,
	 probe_process_running},
	{"server.chrome_running", FACT_9_7, VALUE_BOOLEAN, "Chrome running",
	 "process table: chrome, chromium, chromium-browser", "chrome chromium chromium-browser", NULL,
	 probe_process_running},
	{"server.mysql_running", FACT_9_7, VALUE_BOOLEAN, "MySQL running", "process table: mysqld, mariadbd",
	 "mysqld mariadbd", NULL, probe_process_running},
	{"server.x_running", FACT_9_7, VALUE_BOOLEAN, "X running (graphical interface)",
	 "process table: Xorg, X, Xwayland", "Xorg X Xwayland", NULL, probe_process_running},
	{"server.postgres_running", FACT_9_7, VALUE_BOOLEAN, "Postgres running",
	 "process table: postgres, postmaster", "postgres postmaster", NULL, probe_process_running},
	{"server.oracle_running", FACT_9_7, VALUE_BOOLEAN, "Oracle DB running",
	 "process table: ora_pmon_*, xe_pmon_*", "ora_pmon_* xe_pmon_*", NULL, probe_process_running},
	{"server.apache_running", FACT_9_7, VALUE_BOOLEAN, "Apache running", "process table: apache2, httpd",
	 "apache2 httpd", NULL, probe_process_running},
	{"server.puremessage_installed", FACT_9_7, VALUE_BOOLEAN, "Pure Message installed",
	 "/opt/pmx, /etc/init.d/pmx", NULL, NULL, probe_server_puremessage},
	{"server.savdi_installed", FACT_9_7, VALUE_BOOLEAN, "SAVDI installed",
	 "savdid in the bin and sbin folders, or running", "savdid", "savdid", probe_server_installed},
	{"server.selinux_enabled", FACT_9_7, VALUE_BOOLEAN, "Is SELinux enabled",
	 "/proc/self/mountinfo: selinuxfs", NULL, NULL, probe_server_selinux},
	{"server.apparmor_running", FACT_9_8_3, VALUE_BOOLEAN, "AppArmor running",
	 "/sys/module/apparmor/parameters/enabled", NULL, NULL, probe_server_apparmor},
	{"server.cifs_running", FACT_9_8_3, VALUE_BOOLEAN, "CIFS running",
	 "process table: smbd; mounts of type cifs", "smbd", NULL, probe_server_cifs},
	{"server.cifs_port_open", FACT_9_8_3, VALUE_BOOLEAN, "CIFS port open",
	 "TCP listeners on 445 or 139, but loopback", NULL, "445 139", probe_server_port},
	{"server.nfs_port_open", FACT_9_8_3, VALUE_BOOLEAN, "NFS port open",
	 "TCP listeners on 2049, but loopback", NULL, "2049", probe_server_port},
	{"server.nfsv3_in_use", FACT_9_8_3, VALUE_BOOLEAN, "NFSv3 in use",
	 "mounts with vers=3; /proc/fs/nfsd", NULL, NULL, probe_server_nfs3},
	{"server.nfsv4_in_use", FACT_9_8_3, VALUE_BOOLEAN, "NFSv4 in use",
	 "mounts of type nfs4; /proc/fs/nfsd", NULL, NULL, probe_server_nfs4},
	{"server.http_port_open", FACT_9_8_3, VALUE_BOOLEAN, "HTTP port open",
	 "TCP listeners on 80, but loopback", NULL, "80", probe_server_port},
	{"server.https_port_open", FACT_9_8_3, VALUE_BOOLEAN, "HTTPs port open",
	 "TCP listeners on 443, but loopback", NULL, "443", probe_server_port},
	{"server.tripwire_running", FACT_9_8_3, VALUE_BOOLEAN, "Tripwire running",
	 "process table: tripwire; its entry in cron", "tripwire", NULL, probe_server_tripwire},
	{"server.apparmor_policies", FACT_9_11, VALUE_INTEGER, "Number of AppArmor policies in use",
	 "/sys/kernel/security/apparmor/profiles", NULL, NULL, probe_server_apparmor_policies},
	{"server.auditd_installed", FACT_9_11, VALUE_BOOLEAN, "AuditD installed",
	 "auditd in the bin and sbin folders", NULL, "auditd", probe_server_installed},
	{"server.conntrack_installed", FACT_9_11, VALUE_BOOLEAN, "Conntrack installed",
	 "conntrack in the bin and sbin folders", NULL, "conntrack", probe_server_installed},
	{"server.iptables_installed", FACT_9_11, VALUE_BOOLEAN, "IPTables installed",
	 "iptables in the bin and sbin folders", NULL, "iptables", probe_server_installed},
	{"server.iptables_rules", FACT_9_11, VALUE_INTEGER, "Number of firewall rules used by IPtables",
	 "the kernel: legacy tables and nf_tables", NULL, NULL, probe_server_firewall_rules},
	{"server.perf_installed", FACT_9_11, VALUE_BOOLEAN, "Perf installed",
	 "perf in the bin and sbin folders", NULL, "perf", probe_server_installed},
	{"server.systemtap_installed", FACT_9_11, VALUE_BOOLEAN, "SystemTap installed",
	 "stap in the bin and sbin folders", NULL, "stap", probe_server_installed},
	{"server.tcpfile_installed", FACT_9_11, VALUE_BOOLEAN, "TCPFile installed",
	 "tcpfile in the bin and sbin folders", NULL, "tcpfile", probe_server_installed},
};

const char *fact_level_name(enum fact_level level)
{
	return level_names[level];
}

int fact_parse_level(const char *text, enum fact_level *level)
{
	for (int i = 0; i < FACT_LEVELS; i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*level = (enum fact_level)i;
			return 0;
		}
	}
	return -1;
}

const char *fact_type_name(enum value_type type)
{
	static const char *const names[] = {[VALUE_TEXT] = "string",
					    [VALUE_HASH] = "string",
					    [VALUE_INTEGER] = "integer",
					    [VALUE_BOOLEAN] = "boolean",
					    [VALUE_LIST] = "array"};
	return names[type];
}

int fact_area(const struct fact *fact)
{
	for (int i = 0; i < FACT_AREAS; i++) {
		size_t size = strlen(fact_areas[i]);
		if (strncmp(fact->key, fact_areas[i], size) == 0 && fact->key[size] == '.')
			return i;
	}
	return -1;
}

const char *fact_name(const struct fact *fact)
{
	return strchr(fact->key, '.') + 1;
}

void fact_prepare(struct survey *survey, enum fact_level level)
{
	for (size_t i = 0; i < FACT_COUNT; i++)
		if (fact_table[i].programs != NULL && fact_table[i].since <= level)
			processes_want(&survey->processes, fact_table[i].programs);
	processes_scan(&survey->processes, survey->host);
	probe_virt_prepare(survey);
	probe_savd_prepare(survey);
}

void fact_measure(struct survey *survey, enum fact_level level, struct value values[FACT_COUNT])
{
	for (size_t i = 0; i < FACT_COUNT; i++) {
		values[i] = (struct value){0};
		value_unknown(&values[i], "not looked at");
		if (fact_table[i].since <= level)
			fact_table[i].probe(survey, &fact_table[i], &values[i]);
	}
}
