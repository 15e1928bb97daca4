/* SQLite's calls in the form of this tree; shared by db.c and db_load.c alone. */
#ifndef SAV_REPORT_DB_SQL_H
#define SAV_REPORT_DB_SQL_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

struct db {
	sqlite3 *handle;
	const char *path; /* borrowed */
};

/* Sets *fail from what SQLite said last. Returns -1. */
int db_sql_fail(const struct db *db, struct fail *fail);

/* Runs statements without parameters and results. Returns 0 or -1 with *fail. */
int db_sql_run(const struct db *db, const char *sql, struct fail *fail);

/* Returns the prepared statement, to be finalized; NULL with *fail. */
sqlite3_stmt *db_sql_prepare(const struct db *db, const char *sql, struct fail *fail);

/* Returns 1 with a row, 0 at the end, -1 with *fail. */
int db_sql_step(const struct db *db, sqlite3_stmt *statement, struct fail *fail);

/* Binds a text (copied) or a number to parameter `index`; failures are kept by the statement for the next
 * step. Returns 0 or -1. */
int db_sql_text(sqlite3_stmt *statement, int index, const void *text, size_t size);
int db_sql_number(sqlite3_stmt *statement, int index, uint64_t number);

/* A pragma's number. Returns 0 or -1 with *fail. */
int db_sql_pragma(const struct db *db, const char *sql, int64_t *value, struct fail *fail);

#define auto_statement __attribute__((cleanup(db_sql_finalize)))
void db_sql_finalize(sqlite3_stmt **statement);

#endif
