#include "lib/report/db.h"

#include "lib/base/fail.h"
#include "lib/report/cells.h"
#include "lib/report/db_sql.h"
#include "lib/report/schema.h"
#include "lib/report/tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "SAVR": tells a database of ours from any other. */
enum { APPLICATION_ID = 0x53415652 };

/* Whole numbers without a value of their own are 0, texts "": a primary key takes no NULL. */
#define CREATE_TABLES(strict) \
	"CREATE TABLE week (week TEXT PRIMARY KEY, machines INTEGER NOT NULL, customers INTEGER NOT NULL," \
	" min_cell INTEGER NOT NULL) " strict "WITHOUT ROWID;" \
	"CREATE TABLE flag (week TEXT NOT NULL, flag TEXT NOT NULL, PRIMARY KEY (week, flag)) " strict \
	"WITHOUT ROWID;" \
	"CREATE TABLE report (week TEXT NOT NULL, result TEXT NOT NULL, reports INTEGER NOT NULL," \
	" PRIMARY KEY (week, result)) " strict "WITHOUT ROWID;" \
	"CREATE TABLE cell (week TEXT NOT NULL, fact TEXT NOT NULL," \
	" kind TEXT NOT NULL CHECK (kind IN ('value', 'range', 'other', 'unknown', 'absent'))," \
	" value TEXT NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL," \
	" machines INTEGER NOT NULL, customers INTEGER NOT NULL," \
	" PRIMARY KEY (week, fact, kind, value, low)) " strict "WITHOUT ROWID;" \
	"CREATE TABLE quantile (week TEXT NOT NULL, fact TEXT NOT NULL, per_mille INTEGER NOT NULL," \
	" value INTEGER NOT NULL, PRIMARY KEY (week, fact, per_mille)) " strict "WITHOUT ROWID;"

/* STRICT holds every column to its type; SQLite has it from 3.37 on, and reads the tables of older ones. */
static const char *tables_of_this_sqlite(void)
{
	enum { STRICT_SINCE = 3037000 };

	return sqlite3_libversion_number() >= STRICT_SINCE ? CREATE_TABLES("STRICT, ") : CREATE_TABLES("");
}

/* Inside a transaction: an empty database gets our tables, any other has to be ours and of this version. */
static int check_version(const struct db *db, enum db_mode mode, struct fail *fail)
{
	int64_t application = 0;
	int64_t version = 0;
	int64_t tables = 0;
	char sql[64];

	if (db_sql_pragma(db, "PRAGMA application_id", &application, fail) != 0 ||
	    db_sql_pragma(db, "PRAGMA user_version", &version, fail) != 0 ||
	    db_sql_pragma(db, "SELECT count(*) FROM sqlite_schema", &tables, fail) != 0)
		return -1;
	if (application == 0 && version == 0 && tables == 0) {
		if (mode == DB_READ)
			return fail_set(fail, EX_DATAERR, "%s: holds no week yet", db->path);
		(void)snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%d",
			       APPLICATION_ID, DB_VERSION); /* fits */
		return db_sql_run(db, tables_of_this_sqlite(), fail) != 0 ? -1 : db_sql_run(db, sql, fail);
	}
	if (application != APPLICATION_ID) {
		(void)fail_set(fail, EX_DATAERR, "%s: a database, but not of sav-report", db->path);
		return fail_hint(fail, "give --db a file of its own");
	}
	if (version != DB_VERSION) {
		(void)fail_set(fail, EX_DATAERR,
			       "%s: of version %lld of the schema; this program knows version %d", db->path,
			       (long long)version, DB_VERSION);
		return fail_hint(fail, "add the reports to a new file");
	}
	return 0;
}

static int set_up(const struct db *db, enum db_mode mode, struct fail *fail)
{
	/* What was replaced is overwritten; and what is temporary stays in memory. */
	if (sqlite3_busy_timeout(db->handle, DB_BUSY_MS) != SQLITE_OK)
		return db_sql_fail(db, fail);
	if (db_sql_run(db, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY",
		       fail) != 0)
		return -1;
	if (db_sql_run(db,
		       mode == DB_READ ? "PRAGMA query_only=ON; BEGIN"
				       : "PRAGMA secure_delete=ON; PRAGMA synchronous=FULL; BEGIN IMMEDIATE",
		       fail) != 0)
		return -1;
	if (check_version(db, mode, fail) != 0) {
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL,
				   NULL); /* the first failure is the one to tell */
		return -1;
	}
	return db_sql_run(db, "COMMIT", fail);
}

/* SQLite would follow a link and wait on a fifo, and says little of a file that is not there. */
static int check_file(const char *path, enum db_mode mode, struct fail *fail)
{
	struct stat status;

	if (lstat(path, &status) != 0)
		return mode == DB_WRITE && errno == ENOENT
			       ? 0
			       : fail_errno(fail, fail_status_of_errno(errno), "%s", path);
	if (!S_ISREG(status.st_mode))
		return fail_set(fail, EX_NOINPUT, "%s: not a regular file", path);
	if (access(path, mode == DB_WRITE ? R_OK | W_OK : R_OK) != 0)
		return fail_errno(fail, fail_status_of_errno(errno), "%s", path);
	return 0;
}

struct db *db_open(const char *path, enum db_mode mode, struct fail *fail)
{
	struct db *db = calloc(1, sizeof *db);
	/* A reader may have to roll back what a killed writer left, so it writes where it can; see
	 * query_only. */
	int flags = SQLITE_OPEN_READWRITE | (mode == DB_WRITE ? SQLITE_OPEN_CREATE : 0);

	if (db == NULL) {
		(void)fail_errno(fail, EX_OSERR, "%s", path);
		return NULL;
	}
	db->path = path;
	if (check_file(path, mode, fail) == 0) {
		if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK)
			(void)db_sql_fail(db, fail);
		else if (set_up(db, mode, fail) == 0)
			return db;
	}
	db_close(db);
	return NULL;
}

void db_close(struct db *db)
{
	if (db == NULL)
		return;
	(void)sqlite3_close(db->handle); /* every statement is finalized */
	free(db);
}

/* Runs one statement with the week as its only parameter. */
static int run_for_week(const struct db *db, const char *sql, const char *week, struct fail *fail)
{
	auto_statement sqlite3_stmt *statement = db_sql_prepare(db, sql, fail);

	if (statement == NULL)
		return -1;
	if (db_sql_text(statement, 1, week, strlen(week)) != 0)
		return db_sql_fail(db, fail);
	return db_sql_step(db, statement, fail) < 0 ? -1 : 0;
}

static int forget_week(const struct db *db, const char *week, struct fail *fail)
{
	static const char *const deletes[] = {
		"DELETE FROM week WHERE week = ?",     "DELETE FROM flag WHERE week = ?",
		"DELETE FROM report WHERE week = ?",   "DELETE FROM cell WHERE week = ?",
		"DELETE FROM quantile WHERE week = ?",
	};

	for (size_t i = 0; i < sizeof deletes / sizeof *deletes; i++)
		if (run_for_week(db, deletes[i], week, fail) != 0)
			return -1;
	return 0;
}

static int find_flood(const struct db *db, const char *week, struct tally *tally, struct fail *fail)
{
	uint64_t before[TALLY_BEFORE];
	size_t count = 0;
	int row;
	auto_statement sqlite3_stmt *statement = db_sql_prepare(
		db, "SELECT machines FROM week WHERE week < ? AND machines > 0 ORDER BY week DESC LIMIT ?",
		fail);

	if (statement == NULL)
		return -1;
	if (db_sql_text(statement, 1, week, strlen(week)) != 0 ||
	    db_sql_number(statement, 2, TALLY_BEFORE) != 0)
		return db_sql_fail(db, fail);
	while ((row = db_sql_step(db, statement, fail)) == 1 && count < TALLY_BEFORE)
		before[count++] = (uint64_t)sqlite3_column_int64(statement, 0);
	if (row < 0)
		return -1;
	tally->flags &= ~(unsigned)TALLY_FLOOD;
	if (tally_is_flood(tally->machines, before, count))
		tally->flags |= TALLY_FLOOD;
	return 0;
}

/* Binds a name and up to two numbers behind the week, and runs the statement, which is then ready for the
 * next. */
static int insert(const struct db *db, sqlite3_stmt *statement, const char *week, const char *name,
		  const uint64_t *numbers, int count, struct fail *fail)
{
	/* The next that is bound would overwrite why one was not. */
	int bound = db_sql_text(statement, 1, week, strlen(week));

	if (bound == 0 && name != NULL)
		bound = db_sql_text(statement, 2, name, strlen(name));
	for (int i = 0; bound == 0 && i < count; i++)
		bound = db_sql_number(statement, (name != NULL ? 3 : 2) + i, numbers[i]);
	if (bound != 0)
		return db_sql_fail(db, fail);
	int row = db_sql_step(db, statement, fail);
	(void)sqlite3_reset(statement); /* repeats what step said */
	return row;
}

static int put_week(const struct db *db, const char *week, const struct tally *tally, struct fail *fail)
{
	const uint64_t numbers[] = {tally->machines, tally->customers, tally->min_cell};
	auto_statement sqlite3_stmt *weeks = db_sql_prepare(db, "INSERT INTO week VALUES (?, ?, ?, ?)", fail);
	auto_statement sqlite3_stmt *flags = db_sql_prepare(db, "INSERT INTO flag VALUES (?, ?)", fail);
	auto_statement sqlite3_stmt *reports = db_sql_prepare(db, "INSERT INTO report VALUES (?, ?, ?)",
							      fail);

	if (weeks == NULL || flags == NULL || reports == NULL ||
	    insert(db, weeks, week, NULL, numbers, 3, fail) != 0)
		return -1;
	for (unsigned i = 0; i < TALLY_FLAGS; i++)
		if ((tally->flags & 1U << i) != 0 &&
		    insert(db, flags, week, tally_flag_name(i), NULL, 0, fail) != 0)
			return -1;
	for (unsigned i = 0; i < PARSE_RESULTS; i++)
		if (tally->told[i] > 0 && insert(db, reports, week, parse_reason((enum parse_result)i),
						 &tally->told[i], 1, fail) != 0)
			return -1;
	return 0;
}

static int put_group(const struct db *db, sqlite3_stmt *statement, const struct schema *schema,
		     const struct tally *tally, size_t index, struct fail *fail)
{
	const struct plan_group *group = &tally->plan.groups[index];
	const char *fact = schema->facts[group->fact].key;
	const char *kind = plan_kind_names[group->kind];
	struct cells_cell cell = {0};

	if (group->kind == PLAN_VALUE) {
		cells_get(tally->cells, group->cell, &cell);
		if (cell.kind != CELLS_TEXT) {
			cell.text = (const uint8_t *)(cell.kind == CELLS_TRUE ? "true" : "false");
			cell.text_size = cell.kind == CELLS_TRUE ? 4 : 5;
		}
	}
	if (db_sql_text(statement, 2, fact, strlen(fact)) != 0 ||
	    db_sql_text(statement, 3, kind, strlen(kind)) != 0 ||
	    db_sql_text(statement, 4, cell.text, cell.text_size) != 0 ||
	    db_sql_number(statement, 5, (uint64_t)group->low) != 0 ||
	    db_sql_number(statement, 6, (uint64_t)group->high) != 0 ||
	    db_sql_number(statement, 7, group->machines) != 0 ||
	    db_sql_number(statement, 8, tally->customers_of[index]) != 0)
		return db_sql_fail(db, fail);
	int row = db_sql_step(db, statement, fail);
	(void)sqlite3_reset(statement); /* repeats what step said */
	return row;
}

static int put_plan(const struct db *db, const char *week, const struct schema *schema,
		    const struct tally *tally, struct fail *fail)
{
	auto_statement sqlite3_stmt *cells = db_sql_prepare(
		db, "INSERT INTO cell VALUES (?, ?, ?, ?, ?, ?, ?, ?)", fail);
	auto_statement sqlite3_stmt *quantiles = db_sql_prepare(
		db, "INSERT INTO quantile VALUES (?, ?, ?, ?)", fail);

	if (cells == NULL || quantiles == NULL)
		return -1;
	if (db_sql_text(cells, 1, week, strlen(week)) != 0)
		return db_sql_fail(db, fail);
	for (size_t i = 0; i < tally->plan.count; i++)
		if (put_group(db, cells, schema, tally, i, fail) != 0)
			return -1;
	for (size_t i = 0; i < tally->plan.quantile_count; i++) {
		const struct plan_quantile *quantile = &tally->plan.quantiles[i];
		const uint64_t numbers[] = {quantile->per_mille, (uint64_t)quantile->value};
		if (insert(db, quantiles, week, schema->facts[quantile->fact].key, numbers, 2, fail) != 0)
			return -1;
	}
	return 0;
}

int db_put(struct db *db, const struct schema *schema, struct tally *tally, struct fail *fail)
{
	char week[WEEK_TEXT];

	(void)week_format(tally->week, week);
	if (db_sql_run(db, "BEGIN IMMEDIATE", fail) != 0)
		return -1;
	if (forget_week(db, week, fail) != 0 || find_flood(db, week, tally, fail) != 0 ||
	    put_week(db, week, tally, fail) != 0 || put_plan(db, week, schema, tally, fail) != 0 ||
	    db_sql_run(db, "COMMIT", fail) != 0) {
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL,
				   NULL); /* the first failure is the one to tell */
		return -1;
	}
	return 0;
}
