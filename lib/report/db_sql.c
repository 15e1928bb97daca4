#include "lib/report/db_sql.h"

#include "lib/base/fail.h"

#include <errno.h>

int db_sql_fail(const struct db *db, struct fail *fail)
{
	int status = EX_IOERR;

	switch (sqlite3_errcode(db->handle)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		status = EX_TEMPFAIL;
		break;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		status = EX_DATAERR;
		break;
	case SQLITE_CANTOPEN:
		status = EX_NOINPUT;
		break;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		status = EX_NOPERM;
		break;
	case SQLITE_NOMEM:
		status = EX_OSERR;
		break;
	default:
		break;
	}
	return fail_set(fail, status, "%s: %s", db->path, sqlite3_errmsg(db->handle));
}

int db_sql_run(const struct db *db, const char *sql, struct fail *fail)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_sql_fail(db, fail);
}

sqlite3_stmt *db_sql_prepare(const struct db *db, const char *sql, struct fail *fail)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) == SQLITE_OK)
		return statement;
	(void)db_sql_fail(db, fail);
	return NULL;
}

int db_sql_step(const struct db *db, sqlite3_stmt *statement, struct fail *fail)
{
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return db_sql_fail(db, fail);
	}
}

int db_sql_text(sqlite3_stmt *statement, int index, const void *text, size_t size)
{
	return sqlite3_bind_text(statement, index, size == 0 ? "" : text, (int)size, SQLITE_TRANSIENT) ==
			       SQLITE_OK
		       ? 0
		       : -1;
}

int db_sql_number(sqlite3_stmt *statement, int index, uint64_t number)
{
	return sqlite3_bind_int64(statement, index, (sqlite3_int64)number) == SQLITE_OK ? 0 : -1;
}

int db_sql_pragma(const struct db *db, const char *sql, int64_t *value, struct fail *fail)
{
	auto_statement sqlite3_stmt *statement = db_sql_prepare(db, sql, fail);

	if (statement == NULL)
		return -1;
	int row = db_sql_step(db, statement, fail);
	if (row < 0)
		return -1;
	*value = row == 1 ? sqlite3_column_int64(statement, 0) : 0;
	return 0;
}

void db_sql_finalize(sqlite3_stmt **statement)
{
	int error = errno;

	(void)sqlite3_finalize(*statement); /* repeats what step said */
	errno = error;
}
