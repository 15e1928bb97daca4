#include "lib/base/cli.h"

#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/sandbox.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTIONS_MAX = 32, HELP = 256, VERSION, FIRST, HELP_COLUMN = 26, MESSAGE_MAX = 1024 };
enum { HELP_ROOM = 16384 };
enum { SHORTS_SIZE = 2 * OPTIONS_MAX + 4 };

static void take_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* The wrong way round, so that a program asked to use it is told. */
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EX_OSERR); /* and there is nowhere to say so */
	}
}

static void print_help(const struct cli *cli)
{
	static char room[HELP_ROOM];
	const char *line = cli->usage;
	const char *lead = "usage:";

	/* written at once, so that a full disk is told as such */
	(void)setvbuf(stdout, room, _IOFBF, sizeof room); /* what is longer goes in parts, as without */
	while (*line != '\0') {
		size_t size = strcspn(line, "\n");
		printf("%-6s %s%s%.*s\n", lead, cli->name, size > 0 ? " " : "", (int)size, line);
		line += size + (line[size] == '\n' ? 1 : 0);
		lead = "";
	}
	printf("\n%s\n\nOptions:\n", cli->about);
	for (const struct cli_option *option = cli->options; option->name != NULL; option++) {
		char left[64];
		char letter[] = {option->letter == 0 ? ' ' : '-', option->letter == 0 ? ' ' : option->letter,
				 option->letter == 0 ? ' ' : ',', '\0'};
		int width = snprintf(left, sizeof left, "  %s --%s%s%s", letter, option->name,
				     option->value != NULL ? " " : "",
				     option->value != NULL ? option->value : "");
		if (width >= HELP_COLUMN)
			printf("%s\n%*s%s\n", left, HELP_COLUMN, "", option->help);
		else
			printf("%-*s%s\n", HELP_COLUMN, left, option->help);
	}
	printf("%-*s%s\n", HELP_COLUMN, "  -h, --help", "Print this help and end");
	printf("%-*s%s\n", HELP_COLUMN, "      --version", "Print the version and end");
	if (cli->notes != NULL)
		printf("\n%s\n", cli->notes);
}

static int print_notes(const struct cli *cli, struct fail *fail)
{
	if (cli->notes_print != NULL && cli->notes_print() != 0)
		return fail_errno(fail, EX_OSERR, "--help");
	return 0;
}

_Noreturn static void end_after_print(const struct cli *cli, bool helped)
{
	struct fail fail;

	if ((helped && print_notes(cli, &fail) != 0) || cli_flush(&fail) != 0)
		exit(cli_fail(cli, &fail));
	exit(EX_OK);
}

static void store(const struct cli *cli, const struct cli_option *option, int argc, const char *value)
{
	struct fail fail;

	if (option->list != NULL) {
		if (option->list->items == NULL)
			option->list->items = calloc((size_t)argc, sizeof *option->list->items);
		if (option->list->items == NULL) {
			(void)fail_errno(&fail, EX_OSERR, "--%s", option->name);
			exit(cli_fail(cli, &fail));
		}
		option->list->items[option->list->count++] = value;
		return;
	}
	if (option->flag != NULL ? *option->flag : *option->text != NULL)
		exit(cli_usage(cli, "--%s: given twice", option->name));
	if (option->flag != NULL)
		*option->flag = true;
	else
		*option->text = value;
}

/* The table as getopt_long wants it. Returns how many options it has, --help and --version not counted. */
static int make_tables(const struct cli *cli, struct option longs[OPTIONS_MAX], char shorts[SHORTS_SIZE])
{
	int count = 0;

	for (; count < OPTIONS_MAX - 3 && cli->options[count].name != NULL; count++) {
		const struct cli_option *option = &cli->options[count];
		longs[count] = (struct option){option->name, option->value != NULL, NULL, FIRST + count};
		if (option->letter != 0) {
			char letter[3] = {option->letter, option->value != NULL ? ':' : '\0', '\0'};
			memcpy(shorts + strlen(shorts), letter, sizeof letter);
		}
	}
	longs[count] = (struct option){"help", no_argument, NULL, HELP};
	longs[count + 1] = (struct option){"version", no_argument, NULL, VERSION};
	return count;
}

/* What getopt_long did not take: a letter, which is in optopt, or else the word that it has just gone past. */
_Noreturn static void refuse(const struct cli *cli, int found, char **argv)
{
	if (optopt > 0 && optopt < HELP)
		exit(cli_usage(cli, found == ':' ? "-%c: needs a value" : "-%c: no such option", optopt));
	exit(cli_usage(cli, "%s: %s", argv[optind - 1],
		       found == ':'  ? "needs a value"
		       : optopt != 0 ? "takes no value"
				     : "no such option, or not unique"));
}

/* The option that getopt_long found; --help and --version are answered here. */
static const struct cli_option *take(const struct cli *cli, int count, int found)
{
	if (found == 'h' || found == HELP) {
		print_help(cli);
		end_after_print(cli, true);
	}
	if (found == VERSION) {
		printf("%s %s\n", cli->name, SAV_VERSION);
		end_after_print(cli, false);
	}
	if (found >= FIRST)
		return &cli->options[found - FIRST];
	for (int i = 0; i < count; i++)
		if (cli->options[i].letter == (char)found)
			return &cli->options[i];
	abort(); /* a table that contradicts itself */
}

int cli_parse(const struct cli *cli, int argc, char **argv)
{
	struct option longs[OPTIONS_MAX] = {0};
	char shorts[SHORTS_SIZE] = ":h";

	take_standard_streams();
	int count = make_tables(cli, longs, shorts);
	opterr = 0;
	for (;;) {
		int found = getopt_long(argc, argv, shorts, longs, NULL);
		if (found == -1)
			break;
		if (found == '?' || found == ':')
			refuse(cli, found, argv);
		store(cli, take(cli, count, found), argc, optarg != NULL ? optarg : "");
	}
	if (argc - optind < cli->operands_min)
		exit(cli_usage(cli, "operand: missing"));
	if (cli->operands_max != CLI_MANY && argc - optind > cli->operands_max)
		exit(cli_usage(cli, "%s: one operand too many", argv[optind + cli->operands_max]));
	return optind;
}

/* Everything that is said goes through here: what came from outside must not reach the terminal as it is. */
static void say(const struct cli *cli, const char *kind, const char *text)
{
	char masked[MESSAGE_MAX];

	text_mask((const uint8_t *)text, strlen(text), masked, sizeof masked);
	(void)fprintf(stderr, "%s: %s%s\n", cli->name, kind, masked); /* there is nowhere else to complain */
}

__attribute__((format(printf, 3, 0))) static void say_list(const struct cli *cli, const char *kind,
							   const char *format, va_list arguments)
{
	char text[MESSAGE_MAX];

	(void)vsnprintf(text, sizeof text, format, arguments); /* cut when longer */
	fail_show_empty(text, sizeof text);
	say(cli, kind, text);
}

int cli_fail(const struct cli *cli, const struct fail *fail)
{
	say(cli, "", fail->text);
	if (fail->hint[0] != '\0')
		say(cli, "hint: ", fail->hint);
	return fail->status;
}

void cli_warn(const struct cli *cli, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_list(cli, "warning: ", format, arguments);
	va_end(arguments);
}

void cli_warn_unconfined(const struct cli *cli, bool active, bool asked)
{
	if (!active && (asked || isatty(STDERR_FILENO) == 1))
		cli_warn(cli, "this kernel lacks Landlock or seccomp: less confined than meant");
}

int cli_enter_sandbox(const struct cli *cli, struct sandbox *sandbox, struct fail *fail)
{
	bool active;

	if (sandbox_enter(sandbox, &active, fail) != 0)
		return -1;
	cli_warn_unconfined(cli, active, false);
	return 0;
}

void cli_say(const struct cli *cli, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_list(cli, "", format, arguments);
	va_end(arguments);
}

int cli_usage(const struct cli *cli, const char *format, ...)
{
	char hint[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	say_list(cli, "", format, arguments);
	va_end(arguments);
	(void)snprintf(hint, sizeof hint, "see %s --help", cli->name); /* a short name */
	say(cli, "hint: ", hint);
	return EX_USAGE;
}

/* A terminal obeys more than it shows: line by line, masked. */
static int write_shown(const uint8_t *bytes, size_t size)
{
	enum { ESCAPED = 4 };

	for (size_t at = 0; at < size;) {
		const uint8_t *newline = memchr(bytes + at, '\n', size - at);
		size_t length = newline == NULL ? size - at : (size_t)(newline - bytes) - at;
		size_t room = length * ESCAPED +
			      ESCAPED; /* sizes are bounded by the buffers they come from */
		auto_free char *shown = malloc(room);
		if (shown == NULL)
			return -1;
		text_mask(bytes + at, length, shown, room);
		if (io_write_all(STDOUT_FILENO, shown, strlen(shown)) != 0 ||
		    (newline != NULL && io_write_all(STDOUT_FILENO, "\n", 1) != 0))
			return -1;
		at += length + 1;
	}
	return 0;
}

int cli_write(const void *bytes, size_t size, struct fail *fail)
{
	if (isatty(STDOUT_FILENO) == 1)
		return write_shown(bytes, size) == 0 ? 0 : fail_errno(fail, EX_IOERR, "standard output");
	if (io_write_all(STDOUT_FILENO, bytes, size) != 0)
		return fail_errno(fail, EX_IOERR, "standard output");
	return 0;
}

int cli_flush(struct fail *fail)
{
	if (ferror(stdout)) /* a write within printf failed, and took bytes with it */
		return fail_set(fail, EX_IOERR, "standard output: not all could be written");
	/* What a signal interrupted is still there to be written. */
	while (fflush(stdout) != 0)
		if (errno != EINTR)
			return fail_errno(fail, EX_IOERR, "standard output");
	return 0;
}
