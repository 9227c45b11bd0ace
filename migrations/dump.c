/*
 * Dumping what databases say, into a bundle; rows as they stand in the table,
 * whatever is wrong with them: that is for who reads it to find.
 */
#include "config.h"

#include "migrations/dump.h"

#include <stdio.h>
#include <stdlib.h>

#include "ss/apply.h"

#include "migrations/ledger-sql.h"

#define PART_MOST (1u << 20)	/* a file of rows ends behind this */

struct dumping {
	struct project *project;
	struct arena *arena;
	struct tree_builder *tree;
	size_t k;		/* which database */
	size_t parts;
	size_t rows;
	struct buf part;
	struct err *err;
};

static void add_file(struct dumping *d, const char *name, const struct buf *b)
{
	tree_add_blob(d->tree, arena_printf(d->arena, "database/%zu/%s", d->k,
					    name),
		      arena_memdup(d->arena, b->ptr, b->len), b->len);
}

static void end_part(struct dumping *d)
{
	if (!d->part.len)
		return;
	add_file(d, arena_printf(d->arena, "rows.%zu", d->parts++), &d->part);
	buf_truncate(&d->part, 0);
}

static int on_row(void *ctx, const struct value *v, size_t n)
{
	struct dumping *d = ctx;

	if (n != 3 || v[0].type != VALUE_INT || v[1].type != VALUE_BLOB ||
	    v[2].type != VALUE_BLOB)
		return err_set(d->err, ERR_REFUSED, "a row of its ledger is "
			       "not what schemastore wrote");
	buf_addf(&d->part, "%lld ", (long long)v[0].i);
	buf_addhex(&d->part, v[1].ptr, v[1].len);
	buf_addf(&d->part, " %zu\n", v[2].len);
	buf_add(&d->part, v[2].ptr, v[2].len);
	buf_addch(&d->part, '\n');
	d->rows++;
	if (d->part.len > PART_MOST)
		end_part(d);
	return 0;
}

static int add_rows(struct dumping *d, struct conn *conn,
		    const struct database *db, struct err *err)
{
	d->err = err;
	d->parts = d->rows = 0;
	if (db->engine->query(conn, ledger_sql_of(db->engine->name)->all, NULL,
			      0, on_row, d, err) || err->code)
		return -1;
	end_part(d);
	return 0;
}

static void add_state(struct dumping *d, struct conn *conn,
		      const struct database *db, const struct standing *st)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "database %s\nengine %s\ntarget ", db->name,
		 db->engine->name);
	db->engine->target(&b, conn);
	buf_addf(&b, "\nschema %s\nobjects %zu\nrows ", st->digest,
		 st->real.n);
	if (st->ledger.exists)
		buf_addf(&b, "%zu\n", d->rows);
	else
		buf_addstr(&b, "-\n");
	add_file(d, "state", &b);
	buf_release(&b);
}

/* Twice: nothing may have happened while the rows were read. */
static int add_database(struct dumping *d, const struct database *db,
			struct err *err)
{
	struct standing st;
	struct conn *conn;
	int ret = -1, moved = 0;

	if (database_open(&conn, db, CONN_READ, err))
		return -1;
	if (standing_read(&st, d->project, conn, db, true, d->arena, err) ||
	    (st.ledger.exists && add_rows(d, conn, db, err)))
		goto out;
	moved = ledger_moved(&st.ledger, err);
	if (moved > 0)
		err_set(err, ERR_BUSY, "it is being changed");
	if (moved)
		goto out;
	add_state(d, conn, db, &st);
	ret = 0;
out:
	schema_release(&st.real);
	db->engine->close(conn);
	return ret;
}

static int cmp_databases(const void *a, const void *b)
{
	return strcmp((*(const struct database *const *)a)->name,
		      (*(const struct database *const *)b)->name);
}

static int add_all(struct dumping *d, const struct database *v, size_t n,
		   struct err *err)
{
	const struct database **sorted = arena_alloc(d->arena, n *
						     sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i] = &v[i];
	qsort(sorted, n, sizeof(*sorted), cmp_databases);
	for (d->k = 0; d->k < n; d->k++)
		if (add_database(d, sorted[d->k], err))
			return err_wrap(err, "%s", sorted[d->k]->word);
	return 0;
}

int audit_export(struct bundle_size *out, const char *path, struct project *p,
		 const struct database *v, size_t n, struct arena *a,
		 struct err *err)
{
	struct dumping d = {
		.project = p, .arena = a, .tree = tree_builder_new(a),
		.part = BUF_INIT,
	};
	unsigned char sum[SHA256_LEN];
	struct oid audit;
	int ret;

	ret = (n && (add_all(&d, v, n, err) ||
		     tree_write(&audit, sum, d.tree, store_odb(p->store), NULL,
				err))) ||
	      bundle_write(out, path, p->store, n ? &audit : NULL, a, err) ?
	      -1 : 0;
	/* The store does not get it. */
	odb_discard(store_odb(p->store));
	buf_release(&d.part);
	return ret;
}
