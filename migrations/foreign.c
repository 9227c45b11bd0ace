/*
 * Tables that are other tools' bookkeeping, and reading a database that has
 * such tables: what is left out is said.
 */
#include "config.h"

#include "ss/project.h"

/* Where migration tools remember what they have done.  Only proposed: a table
 * is left out when the project says so, and never by its name alone. */
static const char *const bookkeeping[] = {
	"DATABASECHANGELOG", "DATABASECHANGELOGLOCK",	/* Liquibase */
	"VersionInfo",			/* FluentMigrator */
	"__EFMigrationsHistory",	/* Entity Framework */
	"__diesel_schema_migrations",
	"__drizzle_migrations",
	"_prisma_migrations",
	"_sqlx_migrations",
	"aerich",
	"alembic_version",
	"ar_internal_metadata",		/* Rails, beside schema_migrations */
	"atlas_schema_revisions",
	"django_migrations",
	"doctrine_migration_versions",
	"flyway_schema_history",
	"goose_db_version",
	"gorp_migrations",
	"knex_migrations", "knex_migrations_lock",
	"phinxlog",
	"refinery_schema_history",
	"schema_migrations",		/* Rails, dbmate, golang-migrate */
	"seaql_migrations",
	"sequelizemeta",
	"typeorm_metadata",
};

struct list foreign_tables(const struct schema *s, const struct schema *but,
			   struct arena *a)
{
	struct list found = { NULL, 0 };

	for (size_t i = 0; i < ARRAY_LEN(bookkeeping); i++) {
		const char *name = bookkeeping[i];
		const struct node *n = schema_find_relation(s, name);

		if (n && !(but && schema_find_relation(but, name)))
			list_add(a, &found, arena_strdup(a, n->name));
	}
	return found;
}

const char *foreign_advice(const struct list *tables, const struct engine *e,
			   struct arena *a)
{
	const char *text = NULL;

	for (size_t i = 0; i < tables->n; i++)
		text = arena_printf(a, "%s%sschemastore config --add "
				    "%s.ignore %s", text ? text : "",
				    text ? " && " : "", e->name, tables->v[i]);
	return text;
}

int database_read(struct schema *out, struct project *p, struct conn *conn,
		  const struct database *db, const struct read_opts *opts,
		  struct err *err)
{
	struct list ignored = { NULL, 0 };
	struct read_opts o = *opts;
	struct buf b = BUF_INIT;

	o.ignored = &ignored;
	if (db->engine->read(conn, out, &o, err))
		return -1;
	if (!ignored.n || !p->note)
		return 0;
	buf_addf(&b, "database '%s': ignored: ", db->name);
	for (size_t i = 0; i < ignored.n; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", ignored.v[i]);
	p->note(b.ptr);
	buf_release(&b);
	return 0;
}
