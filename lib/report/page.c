#include "lib/report/page.h"

/* C17 has no #embed; the assembler does it, gcc's and clang's alike.
 * NOLINTBEGIN(bugprone-macro-parentheses): names and strings, not expressions */
#define EMBED(name, file) \
	__asm__(".section .rodata\n" #name ":\n.incbin \"" file "\"\n" #name "_end:\n.byte 0\n.text\n"); \
	extern const char name[]; \
	extern const char name##_end[]
/* NOLINTEND(bugprone-macro-parentheses) */

EMBED(page_style, "lib/report/page.css");
EMBED(page_script, "lib/report/page.js");
#ifdef PAGE_CHART_FILE
EMBED(page_chart, PAGE_CHART_FILE);
#else
static const char page_chart[] = "";
#define page_chart_end page_chart
#endif

const char *page_part(enum page_part part, size_t *size)
{
	static const struct {
		const char *start;
		const char *end;
	} parts[] = {
		[PAGE_STYLE] = {page_style, page_style_end},
		[PAGE_SCRIPT] = {page_script, page_script_end},
		[PAGE_CHART] = {page_chart, page_chart_end},
	};

	*size = (size_t)(parts[part].end - parts[part].start);
	return parts[part].start;
}
