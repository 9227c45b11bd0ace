/*
 * PostgreSQL's kinds.  Objects' names are as SQL writes them, qualified and
 * quoted where they must be (`public.users`, `public."Odd Name"`,
 * `public.add(integer, integer)`); names of parts are bare.  Expressions are as
 * the server prints them with an empty search_path.  What is NULL or empty is
 * as the server has it by default.
 *
 * Every kind whose members begin with PG_COMMON has comment and grants.  A
 * grant is what stands behind GRANT, without the object: "SELECT TO ann",
 * "USAGE TO PUBLIC WITH GRANT OPTION"; what the owner or PUBLIC has by default
 * and lacks here is "REVOKE EXECUTE FROM PUBLIC".  OWNER stands for the owner.
 * An extension's are those of what it made: "TABLE public.t: SELECT TO ann".
 */
#ifndef SS_KINDS_POSTGRES_H
#define SS_KINDS_POSTGRES_H

#include "ss/schema.h"

#define PG_COMMON \
	struct node node; \
	const char *comment; \
	struct list grants;

/* "schema".  `public` is there only where it is not as a new database has
 * it: its comment and grants are what differs from that. */
struct pg_namespace {
	PG_COMMON
	bool absent;		/* `public`, which somebody dropped */
};

struct pg_extension {
	PG_COMMON
	const char *schema;
	const char *version;
};

struct pg_language {
	PG_COMMON
	bool trusted;
	const char *handler, *inline_handler, *validator;
};

struct pg_enum {
	PG_COMMON
	struct list values;	/* as they are, not quoted */
};

/* A shell, for functions to have a name for it; with a definition that names
 * those functions it is a type. */
struct pg_base_type {
	PG_COMMON
};

struct pg_definition {		/* a part */
	PG_COMMON
	const char *input, *output;
	const char *receive, *send;
	const char *typmod_in, *typmod_out;
	const char *analyze, *subscript;
	const char *length;		/* "variable" */
	bool by_value;
	const char *alignment;
	const char *storage;
	const char *category;
	bool preferred;
	const char *dflt;		/* not quoted */
	const char *element;
	const char *delimiter;
	bool collatable;
};

struct pg_composite {		/* columns */
	PG_COMMON
};

struct pg_domain {		/* checks */
	PG_COMMON
	const char *type;
	const char *collate;
	const char *dflt;
	bool not_null;
};

struct pg_range {
	PG_COMMON
	const char *subtype;
	const char *subtype_opclass;
	const char *collate;
	const char *canonical;
	const char *subtype_diff;
	const char *multirange;
};

struct pg_collation {
	PG_COMMON
	const char *provider;
	const char *locale;		/* both, or the two below */
	const char *lc_collate, *lc_ctype;
	const char *rules;
	bool nondeterministic;
};

struct pg_sequence {
	PG_COMMON
	const char *type;
	const char *start, *increment, *minimum, *maximum, *cache;
	bool cycle;
	bool unlogged;
	const char *owned_by;	/* "public.users.id" */
};

/* Functions, procedures. */
struct pg_routine {
	PG_COMMON
	const char *arguments;	/* with names, modes, defaults */
	const char *returns;
	const char *language;
	struct list transforms;	/* types */
	bool window;
	const char *volatility;	/* "immutable", "stable" */
	bool strict;
	bool security_definer;
	bool leakproof;
	const char *parallel;	/* "safe", "restricted" */
	const char *cost;
	const char *rows;
	const char *support;
	struct list settings;	/* "search_path TO ''" */
	const char *library;	/* C: the file; body is the symbol */
	const char *body;
	const char *sql_body;	/* BEGIN ATOMIC ..., RETURN ... */
};

struct pg_aggregate {
	PG_COMMON
	const char *arguments;	/* with names, modes and ORDER BY */
	const char *returns;
	const char *definition;	/* "SFUNC = ..., STYPE = ..." */
};

struct pg_operator {
	PG_COMMON
	const char *function;
	const char *left, *right;
	const char *commutator, *negator;	/* without their types */
	const char *restrict_function, *join_function;
	bool hashes, merges;
};

struct pg_operator_family {
	PG_COMMON
	struct list items;	/* loose ones */
};

struct pg_operator_class {
	PG_COMMON
	bool is_default;
	const char *type;
	const char *family;	/* NULL: of the same name */
	const char *storage;
	struct list items;	/* "OPERATOR 1 <(...)", "FUNCTION ..." */
};

struct pg_cast {
	PG_COMMON
	const char *function;	/* NULL: without one */
	bool in_out;
	const char *context;	/* "assignment", "implicit" */
};

struct pg_conversion {
	PG_COMMON
	bool is_default;
	const char *from, *to;
	const char *function;
};

struct pg_table {
	PG_COMMON
	bool ordered;		/* something depends on the columns' order */
	bool unlogged;
	const char *partition_by;	/* "RANGE (at)" */
	const char *partition_of;	/* a table */
	const char *bound;		/* "FOR VALUES ...", "DEFAULT" */
	struct list inherits;		/* tables, in their order */
	const char *of_type;
	const char *access_method;
	const char *tablespace;
	struct list options;		/* "fillfactor='70'" */
	bool row_security;
	bool force_row_security;
	const char *replica_identity;	/* "full", "nothing" */
	const char *server;		/* foreign tables */
	struct list server_options;	/* "name 'value'" */
};

/* Of tables, foreign tables, composites, views and materialized views. */
struct pg_column {
	PG_COMMON
	const char *type;
	const char *collate;	/* another than the type's */
	bool not_null;
	const char *dflt;
	const char *identity;		/* "always", "by default" */
	struct list sequence;		/* identity: "INCREMENT BY 2" */
	struct list sequence_grants;
	const char *generated;		/* STORED */
	const char *storage;
	const char *compression;
	const char *statistics;
	struct list options;		/* "n_distinct='5'" */
	struct list server_options;
	bool inherited;			/* it is its parents' alone */
};

/* Primary keys and uniques. */
struct pg_key {
	PG_COMMON
	struct list key;	/* columns, quoted */
	struct list include;
	bool nulls_not_distinct;
	bool deferrable;
	bool initially_deferred;
	struct list options;
	const char *tablespace;
	bool clustered;
	bool replica_identity;
	bool only;		/* a partitioned table's, without its parts */
	const char *partition_of;	/* the parent's index */
	bool inherited;
	const char *index_comment;
};

struct pg_check {
	PG_COMMON
	const char *expr;	/* with its parentheses */
	bool no_inherit;
	bool not_valid;
	bool inherited;
};

struct pg_exclusion {
	PG_COMMON
	const char *definition;	/* "USING gist (room WITH =)" ... */
	bool deferrable;
	bool initially_deferred;
	const char *tablespace;
	bool clustered;
	bool inherited;
};

struct pg_foreign_key {
	PG_COMMON
	struct list columns;	/* quoted */
	const char *table;
	struct list ref_columns;
	const char *match;	/* "full" */
	const char *on_delete, *on_update;
	struct list set_columns;
	bool deferrable;
	bool initially_deferred;
	bool not_valid;
	bool inherited;
};

struct pg_index {
	PG_COMMON
	bool unique;
	const char *method;
	struct list key;
	struct list include;
	bool nulls_not_distinct;
	struct list options;
	const char *tablespace;
	const char *where;
	bool clustered;
	bool replica_identity;
	bool only;		/* a partitioned table's, without its parts */
	const char *partition_of;	/* the parent's index */
	struct list statistics;	/* "1 200": of the first term */
};

/* Views, materialized views. */
struct pg_view {
	PG_COMMON
	const char *body;
	struct list options;
	const char *access_method;
	const char *tablespace;
	bool no_data;
};

struct pg_rule {
	PG_COMMON
	const char *definition;	/* "ON INSERT TO ... DO ..." */
	const char *enabled;	/* "disabled", "always", "replica" */
};

struct pg_trigger {
	PG_COMMON
	bool constraint;
	const char *definition;	/* "BEFORE INSERT ON ..." */
	const char *enabled;
	bool inherited;		/* made by the parent's */
};

struct pg_policy {
	PG_COMMON
	bool restrictive;
	const char *command;	/* "select", ... */
	struct list roles;
	const char *use;
	const char *check;
};

struct pg_event_trigger {
	PG_COMMON
	const char *event;
	struct list tags;
	const char *function;
	const char *enabled;
};

struct pg_statistics {
	PG_COMMON
	const char *definition;	/* "(ndistinct) ON a, b FROM ..." */
	const char *target;
};

struct pg_ts_parser {
	PG_COMMON
	const char *start, *gettoken, *end, *headline, *lextypes;
};

struct pg_ts_template {
	PG_COMMON
	const char *init, *lexize;
};

struct pg_ts_dictionary {
	PG_COMMON
	const char *template;
	const char *options;	/* "stopwords = 'english'" */
};

struct pg_ts_configuration {
	PG_COMMON
	const char *parser;
	struct list mappings;	/* "asciiword WITH english_stem, simple" */
};

struct pg_wrapper {		/* a foreign data wrapper */
	PG_COMMON
	const char *handler, *validator;
	struct list options;
};

struct pg_server {
	PG_COMMON
	const char *wrapper;
	const char *type, *version;
	struct list options;
};

struct pg_user_mapping {		/* "ann SERVER files" */
	PG_COMMON
	struct list options;
};

struct pg_publication {
	PG_COMMON
	bool all_tables;
	struct list tables;	/* "public.t (a, b) WHERE (...)" */
	struct list schemas;
	const char *publish;	/* "insert, update"; NULL: all */
	bool via_root;
	const char *generated;	/* "stored" */
};

struct pg_access_method {
	PG_COMMON
	const char *type;	/* "index", "table" */
	const char *handler;
};

struct pg_transform {		/* "hstore LANGUAGE plperl" */
	PG_COMMON
	const char *from_sql, *to_sql;
};

/* "OWNER IN SCHEMA s TABLES", "ann FUNCTIONS"; OWNER is who reads. */
struct pg_default_privileges {
	PG_COMMON
};

/* What no kind claims: named, kept, never changed. */
struct pg_opaque {
	PG_COMMON
	const char *type;	/* as pg_identify_object() says */
	const char *row;	/* sha256 of its catalog row, without oids */
};

extern const struct kind pg_kind_namespace, pg_kind_extension,
	pg_kind_language, pg_kind_collation, pg_kind_enum, pg_kind_domain,
	pg_kind_base_type, pg_kind_definition,
	pg_kind_composite, pg_kind_range, pg_kind_sequence, pg_kind_function,
	pg_kind_procedure, pg_kind_aggregate, pg_kind_operator,
	pg_kind_operator_family, pg_kind_operator_class, pg_kind_cast,
	pg_kind_conversion, pg_kind_access_method, pg_kind_wrapper,
	pg_kind_server, pg_kind_user_mapping, pg_kind_table,
	pg_kind_foreign_table, pg_kind_view, pg_kind_matview,
	pg_kind_ts_parser, pg_kind_ts_template, pg_kind_ts_dictionary,
	pg_kind_ts_configuration, pg_kind_statistics, pg_kind_event_trigger,
	pg_kind_publication, pg_kind_transform, pg_kind_default_privileges,
	pg_kind_opaque, pg_kind_column, pg_kind_primary_key, pg_kind_unique,
	pg_kind_exclusion, pg_kind_check, pg_kind_foreign_key, pg_kind_index,
	pg_kind_rule, pg_kind_trigger, pg_kind_policy;

/* All of them, in the order in which siblings stand. */
extern const struct kind *const pg_kinds[];
extern const size_t pg_kinds_n;

#endif
