/* The command line of every tool: one table gives the parser, --help and the usage errors. */
#ifndef SAV_BASE_CLI_H
#define SAV_BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct fail;
struct sandbox;

/* Values of an option that may be given several times, in the order given; borrowed from argv. */
struct cli_list {
	const char **items; /* room for argc pointers, made by cli_parse, freed by the end of the process */
	size_t count;
};

/* One option; exactly one of flag, text and list is set, and says what it takes. */
struct cli_option {
	const char *name;  /* long name without "--" */
	char letter;       /* short name, or 0 */
	const char *value; /* what its argument is called in --help; NULL for a flag */
	const char *help;  /* one line, without a full stop */
	bool *flag;
	const char **text;
	struct cli_list *list;
};

/* A program. `usage` holds one line a form, without the program's name; `about` and `notes` are whole lines,
 * at most 80 columns wide. The options end with a name of NULL; --help and --version are added. */
struct cli {
	const char *name;
	const char *usage;
	const char *about;
	const struct cli_option *options;
	int operands_min;
	int operands_max;         /* CLI_MANY: any number */
	const char *notes;        /* printed after the options; NULL for none */
	int (*notes_print)(void); /* the same, made at run time: 0, or -1 with errno; NULL for none */
};
enum { CLI_MANY = -1 };

/* Makes sure that descriptors 0, 1 and 2 are taken, so that a file opened later is never mistaken for a
 * standard stream (one that was closed becomes /dev/null the wrong way round: using it still fails),
 * parses, and sets what the table points to. --help and --version are answered here and end the process,
 * as do usage errors (EX_USAGE: unknown, repeated or left-over arguments). Returns the index in argv of
 * the first operand; operands end with the usual NULL. */
int cli_parse(const struct cli *cli, int argc, char **argv);

/* Prints "name: text" and, where there is one, "name: hint: ..." on standard error, masked by text_mask.
 * Returns the status of *fail. */
int cli_fail(const struct cli *cli, const struct fail *fail);

/* Prints "name: warning: text" on standard error, masked. */
void cli_warn(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints "name: text" on standard error: what is no warning, for those who asked to be told. */
void cli_say(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A warning that the sandbox is not `active` in full (sandbox_enter), for a person at a terminal, or whoever `asked`: what
 * cron starts every hour is not to complain of the kernel every hour. */
void cli_warn_unconfined(const struct cli *cli, bool active, bool asked);

/* sandbox_enter, and that warning for a person at a terminal. Returns 0, or -1 with *fail. */
int cli_enter_sandbox(const struct cli *cli, struct sandbox *sandbox, struct fail *fail);

/* A usage error found after parsing: the text, then a pointer to --help. Returns EX_USAGE. */
int cli_usage(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes all bytes to standard output; to a terminal masked by text_mask, but for newlines. Returns 0, or
 * -1 with *fail (EX_IOERR) naming it. */
int cli_write(const void *bytes, size_t size, struct fail *fail);

/* Flushes stdio's standard output and checks that everything arrived (/dev/full). Returns as cli_write. */
int cli_flush(struct fail *fail);

#endif
