/* The database of aggregates: SQLite. Nothing else includes its header. */
#ifndef SAV_REPORT_DB_H
#define SAV_REPORT_DB_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct schema;
struct db;
struct tally;
struct view;

enum db_mode {
	DB_READ,
	DB_WRITE, /* makes the database when there is none */
};

enum { DB_VERSION = 2, DB_BUSY_MS = 30000 };

/* Opens the database. Returns NULL with *fail: EX_NOINPUT for none, EX_DATAERR for a file that is no
 * database of ours or of a later version, EX_NOPERM, EX_IOERR. db_close takes NULL. */
struct db *db_open(const char *path, enum db_mode mode, struct fail *fail);
void db_close(struct db *db);

/* Replaces the aggregates of tally->week in one transaction; waits up to DB_BUSY_MS for another writer.
 * Adds TALLY_FLOOD to the flags when the weeks before say so. Returns 0; or -1 with *fail (EX_TEMPFAIL:
 * still busy), the database as it was. */
int db_put(struct db *db, const struct schema *schema, struct tally *tally, struct fail *fail);

/* Which part of the database to look at. */
struct db_filter {
	const char *const *facts; /* keys; none: all */
	size_t fact_count;
	size_t weeks; /* the latest so many; 0: all */
};

/* Reads it into *view (view_fini frees). Facts that the schema does not know come last. Returns 0; or -1
 * with *fail (EX_DATAERR: an empty database; EX_USAGE: a fact that neither the schema nor the database
 * knows). */
int db_load_view(struct db *db, const struct schema *schema, const struct db_filter *filter,
		 struct view *view, struct fail *fail);

#endif
