/* An error as a value: what a function of lib/ hands back instead of printing or exiting. */
#ifndef SAV_BASE_FAIL_H
#define SAV_BASE_FAIL_H

#include <stddef.h>
#include <sysexits.h> /* the statuses */

struct fail {
	int status;     /* exit status of sysexits.h; 0 while nothing failed */
	char text[768]; /* "object: reason", cut when longer, without a newline */
	char hint[256]; /* what the reader can do about it, or "" */
};

/* Sets *fail to `status` and the printf-formatted text, and clears the hint. Returns -1, so that
 * `return fail_set(...)` reads as what it does. */
int fail_set(struct fail *fail, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same with ": " and the description of errno behind the text. Keeps errno. */
int fail_errno(struct fail *fail, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds the hint to an error already set. Returns -1. */
int fail_hint(struct fail *fail, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts the printf-formatted text and ": " before the text, to name the object once it is known. Returns -1. */
int fail_prefix(struct fail *fail, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Shows an empty name in a message as '': at its beginning, or behind the option it was given to. The functions above
 * but fail_hint have done so. */
void fail_show_empty(char *text, size_t size);

/* The sysexits status that fits an errno of opening or reading: EX_NOINPUT for what is not there,
 * EX_NOPERM for what may not be looked at, EX_OSERR for exhausted resources, EX_IOERR else. */
int fail_status_of_errno(int error);

/* The same of making or writing: EX_CANTCREAT for a name that cannot be made there, EX_NOPERM, EX_IOERR else. */
int fail_status_of_write(int error);

#endif
