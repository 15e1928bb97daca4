#include "tests/unit/unit.h"

#include "lib/facts/cpu.h"

/* As /proc/cpuinfo of these machines reads; source: show_cpuinfo() of each architecture. */
static void knows_every_spelling(void **state)
{
	(void)state;
	const struct {
		const char *cpuinfo;
		const char *model;
	} cases[] = {
		{"processor\t: 0\nmodel name\t: AMD EPYC\n", "AMD EPYC"},
		{"Model Name\t\t: Loongson-3A5000\n", "Loongson-3A5000"},
		{"system type\t\t: MT7621\ncpu model\t\t: MIPS 1004Kc V2.15\n", "MIPS 1004Kc V2.15"},
		{"cpu\t\t: POWER8E (raw)\n", "POWER8E (raw)"},
		{"cpu\t\t: UltraSparc T3 (Niagara3)\n", "UltraSparc T3 (Niagara3)"},
		{"CPU:\t\t68040\n", "68040"},
		{"isa\t\t: rv64imac\nuarch\t\t: sifive,u54\n", "sifive,u54"},
		{"isa\t\t: rv64imac\n", "rv64imac"},
		{"Processor\t: ARM926EJ-S rev 5 (v5l)\n", "ARM926EJ-S rev 5 (v5l)"},
		{"CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", "ARM Neoverse-N1"},
		{"Processor\t: AArch64\nCPU implementer\t: 0x41\nCPU part\t: 0xd03\n", "ARM Cortex-A53"},
		{"Processor\t: AArch64\nCPU implementer\t: 0x61\nCPU part\t: 0x022\n",
		 "ARM implementer 0x61 part 0x022"},
		{"vendor_id       : IBM/S390\nprocessor 0: version = 00,  identification = 1B51E8,  machine "
		 "= 3906\n",
		 "IBM/S390 3906"},
		{"vendor_id       : IBM/S390\n", "IBM/S390"},
		{"vendor_id       : IBM/S390\nmachine = ", "IBM/S390"},
		{"model name\t:\n", ""},
		{"Serial\t: 100000001234\n", ""},
		{"", ""},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char model[CPU_MODEL_SIZE];
		cpu_parse_model(lines_of(cases[i].cpuinfo), model);
		assert_string_equal(model, cases[i].model);
	}
}

static void finds_flags_as_whole_words(void **state)
{
	(void)state;
	assert_int_equal(cpu_flag(lines_of("flags\t\t: fpu hypervisor lahf\n"), "hypervisor"), 1);
	assert_int_equal(cpu_flag(lines_of("flags\t\t: fpu hypervisors\n"), "hypervisor"), 0);
	assert_int_equal(cpu_flag(lines_of("Features\t: fp asimd\n"), "hypervisor"), -1);
}

static void counts_lists(void **state)
{
	(void)state;
	const struct {
		const char *list;
		int64_t count;
	} good[] = {{"0\n", 1},
		    {"0-3\n", 4},
		    {"0-3,8,10-11", 7},
		    {"0-63,128-199,201-254\n", 190},
		    {"1048575", 1}};
	const char *bad[] = {"",    "\n",    "a",     "0-",    "-3",  "3-1",  "0,,1",
			     "0,0", "4,0-3", "0-3,2", "0-3-5", "0;1", "0-1x", "0-1048576"};
	int64_t count;

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_int_equal(cpu_parse_list(lines_of(good[i].list), &count), 0);
		assert_true(count == good[i].count);
	}
	count = 7;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(cpu_parse_list(lines_of(bad[i]), &count), -1);
	assert_true(count == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_every_spelling),
		cmocka_unit_test(finds_flags_as_whole_words),
		cmocka_unit_test(counts_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
