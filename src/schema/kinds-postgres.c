/*
 * PostgreSQL's kinds as tables.
 */
#include "config.h"

#include "ss/kinds-postgres.h"

#define FIELD(type, struct_name, member, text, flags) \
	{ text, offsetof(struct pg_##struct_name, member), FIELD_##type, \
	  flags }
#define COMMON(struct_name) \
	FIELD(TEXT, struct_name, comment, "comment", FIELD_COSMETIC), \
	FIELD(SQLS, struct_name, grants, "grant", FIELD_UNION)

static const struct field namespace_fields[] = {
	COMMON(namespace),
	FIELD(FLAG, namespace, absent, "absent", 0),
};

static const struct field extension_fields[] = {
	COMMON(extension),
	FIELD(NAME, extension, schema, "schema", 0),
	FIELD(TEXT, extension, version, "version", 0),
};

static const struct field language_fields[] = {
	COMMON(language),
	FIELD(FLAG, language, trusted, "trusted", 0),
	FIELD(NAME, language, handler, "handler", FIELD_NEEDED),
	FIELD(NAME, language, inline_handler, "inline", 0),
	FIELD(NAME, language, validator, "validator", 0),
};

static const struct field collation_fields[] = {
	COMMON(collation),
	FIELD(WORD, collation, provider, "provider", FIELD_NEEDED),
	FIELD(TEXT, collation, locale, "locale", 0),
	FIELD(TEXT, collation, lc_collate, "lc-collate", 0),
	FIELD(TEXT, collation, lc_ctype, "lc-ctype", 0),
	FIELD(TEXT, collation, rules, "rules", 0),
	FIELD(FLAG, collation, nondeterministic, "nondeterministic", 0),
};

static const struct field enum_fields[] = {
	COMMON(enum),
	FIELD(NAMES, enum, values, "value", FIELD_UNION),
};

static const struct field base_type_fields[] = {
	COMMON(base_type),
};

static const struct field definition_fields[] = {
	COMMON(definition),
	FIELD(NAME, definition, input, "input", FIELD_NEEDED),
	FIELD(NAME, definition, output, "output", FIELD_NEEDED),
	FIELD(NAME, definition, receive, "receive", 0),
	FIELD(NAME, definition, send, "send", 0),
	FIELD(NAME, definition, typmod_in, "typmod-in", 0),
	FIELD(NAME, definition, typmod_out, "typmod-out", 0),
	FIELD(NAME, definition, analyze, "analyze", 0),
	FIELD(NAME, definition, subscript, "subscript", 0),
	FIELD(WORD, definition, length, "length", FIELD_NEEDED),
	FIELD(FLAG, definition, by_value, "by-value", 0),
	FIELD(WORD, definition, alignment, "alignment", FIELD_NEEDED),
	FIELD(WORD, definition, storage, "storage", FIELD_NEEDED),
	FIELD(TEXT, definition, category, "category", 0),
	FIELD(FLAG, definition, preferred, "preferred", 0),
	FIELD(TEXT, definition, dflt, "default", 0),
	FIELD(SQL, definition, element, "element", 0),
	FIELD(TEXT, definition, delimiter, "delimiter", 0),
	FIELD(FLAG, definition, collatable, "collatable", 0),
};

static const struct field domain_fields[] = {
	COMMON(domain),
	FIELD(SQL, domain, type, "type", FIELD_NEEDED),
	FIELD(NAME, domain, collate, "collate", 0),
	FIELD(SQL, domain, dflt, "default", 0),
	FIELD(FLAG, domain, not_null, "not-null", 0),
};

static const struct field composite_fields[] = {
	COMMON(composite),
};

static const struct field range_fields[] = {
	COMMON(range),
	FIELD(SQL, range, subtype, "subtype", FIELD_NEEDED),
	FIELD(NAME, range, subtype_opclass, "operator-class", 0),
	FIELD(NAME, range, collate, "collate", 0),
	FIELD(NAME, range, canonical, "canonical", 0),
	FIELD(NAME, range, subtype_diff, "difference", 0),
	FIELD(NAME, range, multirange, "multirange", 0),
};

static const struct field sequence_fields[] = {
	COMMON(sequence),
	FIELD(WORD, sequence, type, "type", FIELD_NEEDED),
	FIELD(TEXT, sequence, start, "start", 0),
	FIELD(TEXT, sequence, increment, "increment", 0),
	FIELD(TEXT, sequence, minimum, "minimum", 0),
	FIELD(TEXT, sequence, maximum, "maximum", 0),
	FIELD(TEXT, sequence, cache, "cache", 0),
	FIELD(FLAG, sequence, cycle, "cycle", 0),
	FIELD(FLAG, sequence, unlogged, "unlogged", 0),
	FIELD(NAME, sequence, owned_by, "owned-by", 0),
};

static const struct field function_fields[] = {
	COMMON(routine),
	FIELD(SQL, routine, arguments, "arguments", 0),
	FIELD(SQL, routine, returns, "returns", 0),
	FIELD(NAME, routine, language, "language", FIELD_NEEDED),
	FIELD(SQLS, routine, transforms, "transform", FIELD_UNION),
	FIELD(FLAG, routine, window, "window", 0),
	FIELD(WORD, routine, volatility, "volatility", 0),
	FIELD(FLAG, routine, strict, "strict", 0),
	FIELD(FLAG, routine, security_definer, "security-definer", 0),
	FIELD(FLAG, routine, leakproof, "leakproof", 0),
	FIELD(WORD, routine, parallel, "parallel", 0),
	FIELD(TEXT, routine, cost, "cost", 0),
	FIELD(TEXT, routine, rows, "rows", 0),
	FIELD(NAME, routine, support, "support", 0),
	FIELD(SQLS, routine, settings, "set", FIELD_UNION),
	FIELD(TEXT, routine, library, "library", 0),
	FIELD(TEXT, routine, body, "body", 0),
	FIELD(SQL, routine, sql_body, "sql-body", 0),
};

static const struct field aggregate_fields[] = {
	COMMON(aggregate),
	FIELD(SQL, aggregate, arguments, "arguments", 0),
	FIELD(SQL, aggregate, returns, "returns", FIELD_NEEDED),
	FIELD(SQL, aggregate, definition, "definition", FIELD_NEEDED),
};

static const struct field operator_fields[] = {
	COMMON(operator),
	FIELD(NAME, operator, function, "function", FIELD_NEEDED),
	FIELD(SQL, operator, left, "left", 0),
	FIELD(SQL, operator, right, "right", 0),
	FIELD(NAME, operator, commutator, "commutator", 0),
	FIELD(NAME, operator, negator, "negator", 0),
	FIELD(NAME, operator, restrict_function, "restrict", 0),
	FIELD(NAME, operator, join_function, "join", 0),
	FIELD(FLAG, operator, hashes, "hashes", 0),
	FIELD(FLAG, operator, merges, "merges", 0),
};

static const struct field operator_family_fields[] = {
	COMMON(operator_family),
	FIELD(SQLS, operator_family, items, "item", FIELD_UNION),
};

static const struct field operator_class_fields[] = {
	COMMON(operator_class),
	FIELD(FLAG, operator_class, is_default, "default", 0),
	FIELD(SQL, operator_class, type, "type", FIELD_NEEDED),
	FIELD(NAME, operator_class, family, "family", 0),
	FIELD(SQL, operator_class, storage, "storage", 0),
	FIELD(SQLS, operator_class, items, "item", FIELD_UNION),
};

static const struct field cast_fields[] = {
	COMMON(cast),
	FIELD(NAME, cast, function, "function", 0),
	FIELD(FLAG, cast, in_out, "in-out", 0),
	FIELD(WORD, cast, context, "context", 0),
};

static const struct field conversion_fields[] = {
	COMMON(conversion),
	FIELD(FLAG, conversion, is_default, "default", 0),
	FIELD(TEXT, conversion, from, "from", FIELD_NEEDED),
	FIELD(TEXT, conversion, to, "to", FIELD_NEEDED),
	FIELD(NAME, conversion, function, "function", FIELD_NEEDED),
};

static const struct field access_method_fields[] = {
	COMMON(access_method),
	FIELD(WORD, access_method, type, "type", FIELD_NEEDED),
	FIELD(NAME, access_method, handler, "handler", FIELD_NEEDED),
};

static const struct field wrapper_fields[] = {
	COMMON(wrapper),
	FIELD(NAME, wrapper, handler, "handler", 0),
	FIELD(NAME, wrapper, validator, "validator", 0),
	FIELD(SQLS, wrapper, options, "option", FIELD_UNION),
};

static const struct field server_fields[] = {
	COMMON(server),
	FIELD(NAME, server, wrapper, "wrapper", FIELD_NEEDED),
	FIELD(TEXT, server, type, "type", 0),
	FIELD(TEXT, server, version, "version", 0),
	FIELD(SQLS, server, options, "option", FIELD_UNION),
};

static const struct field user_mapping_fields[] = {
	COMMON(user_mapping),
	FIELD(SQLS, user_mapping, options, "option", FIELD_UNION),
};

static const struct field table_fields[] = {
	COMMON(table),
	FIELD(FLAG, table, ordered, "ordered", FIELD_PLACES),
	FIELD(FLAG, table, unlogged, "unlogged", 0),
	FIELD(SQL, table, partition_by, "partition-by", 0),
	FIELD(NAME, table, partition_of, "partition-of", 0),
	FIELD(SQL, table, bound, "bound", 0),
	FIELD(NAMES, table, inherits, "inherits", 0),
	FIELD(NAME, table, of_type, "of-type", 0),
	FIELD(NAME, table, access_method, "access-method", 0),
	FIELD(NAME, table, tablespace, "tablespace", 0),
	FIELD(SQLS, table, options, "option", FIELD_UNION),
	FIELD(FLAG, table, row_security, "row-security", 0),
	FIELD(FLAG, table, force_row_security, "force-row-security", 0),
	FIELD(WORD, table, replica_identity, "replica-identity", 0),
	FIELD(NAME, table, server, "server", 0),
	FIELD(SQLS, table, server_options, "server-option", FIELD_UNION),
};

static const struct field view_fields[] = {
	COMMON(view),
	FIELD(SQL, view, body, "as", FIELD_NEEDED),
	FIELD(SQLS, view, options, "option", FIELD_UNION),
	FIELD(NAME, view, access_method, "access-method", 0),
	FIELD(NAME, view, tablespace, "tablespace", 0),
	FIELD(FLAG, view, no_data, "no-data", 0),
};

static const struct field ts_parser_fields[] = {
	COMMON(ts_parser),
	FIELD(NAME, ts_parser, start, "start", FIELD_NEEDED),
	FIELD(NAME, ts_parser, gettoken, "gettoken", FIELD_NEEDED),
	FIELD(NAME, ts_parser, end, "end", FIELD_NEEDED),
	FIELD(NAME, ts_parser, headline, "headline", 0),
	FIELD(NAME, ts_parser, lextypes, "lextypes", FIELD_NEEDED),
};

static const struct field ts_template_fields[] = {
	COMMON(ts_template),
	FIELD(NAME, ts_template, init, "init", 0),
	FIELD(NAME, ts_template, lexize, "lexize", FIELD_NEEDED),
};

static const struct field ts_dictionary_fields[] = {
	COMMON(ts_dictionary),
	FIELD(NAME, ts_dictionary, template, "template", FIELD_NEEDED),
	FIELD(SQL, ts_dictionary, options, "options", 0),
};

static const struct field ts_configuration_fields[] = {
	COMMON(ts_configuration),
	FIELD(NAME, ts_configuration, parser, "parser", FIELD_NEEDED),
	FIELD(SQLS, ts_configuration, mappings, "mapping", FIELD_UNION),
};

static const struct field statistics_fields[] = {
	COMMON(statistics),
	FIELD(SQL, statistics, definition, "definition", FIELD_NEEDED),
	FIELD(TEXT, statistics, target, "target", 0),
};

static const struct field event_trigger_fields[] = {
	COMMON(event_trigger),
	FIELD(WORD, event_trigger, event, "event", FIELD_NEEDED),
	FIELD(NAMES, event_trigger, tags, "tag", FIELD_UNION),
	FIELD(NAME, event_trigger, function, "function", FIELD_NEEDED),
	FIELD(WORD, event_trigger, enabled, "enabled", 0),
};

static const struct field publication_fields[] = {
	COMMON(publication),
	FIELD(FLAG, publication, all_tables, "all-tables", 0),
	FIELD(SQLS, publication, tables, "table", FIELD_UNION),
	FIELD(NAMES, publication, schemas, "schema", FIELD_UNION),
	FIELD(TEXT, publication, publish, "publish", 0),
	FIELD(FLAG, publication, via_root, "via-root", 0),
	FIELD(WORD, publication, generated, "generated", 0),
};

static const struct field transform_fields[] = {
	COMMON(transform),
	FIELD(NAME, transform, from_sql, "from-sql", 0),
	FIELD(NAME, transform, to_sql, "to-sql", 0),
};

static const struct field default_privileges_fields[] = {
	COMMON(default_privileges),
};

static const struct field opaque_fields[] = {
	COMMON(opaque),
	FIELD(TEXT, opaque, type, "type", FIELD_NEEDED),
	FIELD(TEXT, opaque, row, "row", FIELD_NEEDED),
};

static const struct field column_fields[] = {
	COMMON(column),
	FIELD(SQL, column, type, "type", FIELD_NEEDED),
	FIELD(NAME, column, collate, "collate", 0),
	FIELD(FLAG, column, not_null, "not-null", FIELD_DEMANDS),
	FIELD(SQL, column, dflt, "default", FIELD_FILLS),
	FIELD(WORD, column, identity, "identity", FIELD_FILLS),
	FIELD(SQLS, column, sequence, "sequence", 0),
	FIELD(SQLS, column, sequence_grants, "sequence-grant", FIELD_UNION),
	FIELD(SQL, column, generated, "generated", FIELD_FILLS),
	FIELD(WORD, column, storage, "storage", 0),
	FIELD(WORD, column, compression, "compression", 0),
	FIELD(TEXT, column, statistics, "statistics", 0),
	FIELD(SQLS, column, options, "option", FIELD_UNION),
	FIELD(SQLS, column, server_options, "server-option", FIELD_UNION),
	FIELD(FLAG, column, inherited, "inherited", 0),
};

static const struct field primary_key_fields[] = {
	COMMON(key),
	FIELD(NAMES, key, key, "key", FIELD_NEEDED | FIELD_COLUMNS),
	FIELD(NAMES, key, include, "include", FIELD_COLUMNS),
	FIELD(FLAG, key, nulls_not_distinct, "nulls-not-distinct", 0),
	FIELD(FLAG, key, deferrable, "deferrable", 0),
	FIELD(FLAG, key, initially_deferred, "initially-deferred", 0),
	FIELD(SQLS, key, options, "option", FIELD_UNION),
	FIELD(NAME, key, tablespace, "tablespace", 0),
	FIELD(FLAG, key, clustered, "clustered", 0),
	FIELD(FLAG, key, replica_identity, "replica-identity", 0),
	FIELD(FLAG, key, only, "only", 0),
	FIELD(NAME, key, partition_of, "partition-of", 0),
	FIELD(FLAG, key, inherited, "inherited", 0),
	FIELD(TEXT, key, index_comment, "index-comment", FIELD_COSMETIC),
};

static const struct field exclusion_fields[] = {
	COMMON(exclusion),
	FIELD(SQL, exclusion, definition, "definition", FIELD_NEEDED),
	FIELD(FLAG, exclusion, deferrable, "deferrable", 0),
	FIELD(FLAG, exclusion, initially_deferred, "initially-deferred", 0),
	FIELD(NAME, exclusion, tablespace, "tablespace", 0),
	FIELD(FLAG, exclusion, clustered, "clustered", 0),
	FIELD(FLAG, exclusion, inherited, "inherited", 0),
};

static const struct field check_fields[] = {
	COMMON(check),
	FIELD(SQL, check, expr, "expression", FIELD_NEEDED),
	FIELD(FLAG, check, no_inherit, "no-inherit", 0),
	FIELD(FLAG, check, not_valid, "not-valid", 0),
	FIELD(FLAG, check, inherited, "inherited", 0),
};

static const struct field foreign_key_fields[] = {
	COMMON(foreign_key),
	FIELD(NAMES, foreign_key, columns, "column-name",
	      FIELD_NEEDED | FIELD_COLUMNS),
	FIELD(NAME, foreign_key, table, "references",
	      FIELD_NEEDED | FIELD_REF),
	FIELD(NAMES, foreign_key, ref_columns, "key",
	      FIELD_NEEDED | FIELD_COLUMNS_THERE),
	FIELD(WORD, foreign_key, match, "match", 0),
	FIELD(WORD, foreign_key, on_delete, "on-delete", 0),
	FIELD(WORD, foreign_key, on_update, "on-update", 0),
	FIELD(NAMES, foreign_key, set_columns, "sets", FIELD_COLUMNS),
	FIELD(FLAG, foreign_key, deferrable, "deferrable", 0),
	FIELD(FLAG, foreign_key, initially_deferred, "initially-deferred", 0),
	FIELD(FLAG, foreign_key, not_valid, "not-valid", 0),
	FIELD(FLAG, foreign_key, inherited, "inherited", 0),
};

static const struct field index_fields[] = {
	COMMON(index),
	FIELD(FLAG, index, unique, "unique", 0),
	FIELD(WORD, index, method, "method", FIELD_NEEDED),
	FIELD(SQLS, index, key, "key", FIELD_NEEDED | FIELD_COLUMNS),
	FIELD(NAMES, index, include, "include", FIELD_COLUMNS),
	FIELD(FLAG, index, nulls_not_distinct, "nulls-not-distinct", 0),
	FIELD(SQLS, index, options, "option", FIELD_UNION),
	FIELD(NAME, index, tablespace, "tablespace", 0),
	FIELD(SQL, index, where, "where", 0),
	FIELD(FLAG, index, clustered, "clustered", 0),
	FIELD(FLAG, index, replica_identity, "replica-identity", 0),
	FIELD(FLAG, index, only, "only", 0),
	FIELD(NAME, index, partition_of, "partition-of", 0),
	FIELD(SQLS, index, statistics, "statistics", 0),
};

static const struct field rule_fields[] = {
	COMMON(rule),
	FIELD(SQL, rule, definition, "definition", FIELD_NEEDED),
	FIELD(WORD, rule, enabled, "enabled", 0),
};

static const struct field trigger_fields[] = {
	COMMON(trigger),
	FIELD(FLAG, trigger, constraint, "constraint", 0),
	FIELD(SQL, trigger, definition, "definition", FIELD_NEEDED),
	FIELD(WORD, trigger, enabled, "enabled", 0),
	FIELD(FLAG, trigger, inherited, "inherited", 0),
};

static const struct field policy_fields[] = {
	COMMON(policy),
	FIELD(FLAG, policy, restrictive, "restrictive", 0),
	FIELD(WORD, policy, command, "command", 0),
	FIELD(NAMES, policy, roles, "role", FIELD_UNION),
	FIELD(SQL, policy, use, "using", 0),
	FIELD(SQL, policy, check, "check", 0),
};

/* What an object may have for its parts. */
#define PARTS(name, ...) \
	static const struct kind *const name##_parts[] = { __VA_ARGS__, NULL }

PARTS(check, &pg_kind_check);
PARTS(definition, &pg_kind_definition);
PARTS(column, &pg_kind_column);
PARTS(view, &pg_kind_column, &pg_kind_index, &pg_kind_rule, &pg_kind_trigger);
PARTS(relation, &pg_kind_column, &pg_kind_primary_key, &pg_kind_unique,
      &pg_kind_exclusion, &pg_kind_check, &pg_kind_foreign_key,
      &pg_kind_index, &pg_kind_rule, &pg_kind_trigger, &pg_kind_policy);

#define KIND(var, text, struct_name, flags, table, parts) \
	const struct kind pg_kind_##var = { \
		text, sizeof(struct struct_name), flags, table, \
		ARRAY_LEN(table), parts }

KIND(namespace, "schema", pg_namespace, KIND_OBJECT, namespace_fields, NULL);
KIND(extension, "extension", pg_extension, KIND_OBJECT, extension_fields, NULL);
KIND(language, "language", pg_language, KIND_OBJECT, language_fields, NULL);
KIND(collation, "collation", pg_collation, KIND_OBJECT, collation_fields, NULL);
KIND(enum, "enum", pg_enum, KIND_OBJECT, enum_fields, NULL);
KIND(base_type, "base-type", pg_base_type, KIND_OBJECT, base_type_fields,
     definition_parts);
KIND(definition, "definition", pg_definition, KIND_NAMED, definition_fields,
     NULL);
KIND(domain, "domain", pg_domain, KIND_OBJECT, domain_fields, check_parts);
KIND(composite, "composite", pg_composite, KIND_OBJECT | KIND_ROWS,
     composite_fields, column_parts);
KIND(range, "range", pg_range, KIND_OBJECT, range_fields, NULL);
KIND(sequence, "sequence", pg_sequence, KIND_OBJECT | KIND_ROWS,
     sequence_fields, NULL);
KIND(function, "function", pg_routine, KIND_OBJECT, function_fields, NULL);
KIND(procedure, "procedure", pg_routine, KIND_OBJECT, function_fields, NULL);
KIND(aggregate, "aggregate", pg_aggregate, KIND_OBJECT, aggregate_fields, NULL);
KIND(operator, "operator", pg_operator, KIND_OBJECT, operator_fields, NULL);
KIND(operator_family, "operator-family", pg_operator_family, KIND_OBJECT,
     operator_family_fields, NULL);
KIND(operator_class, "operator-class", pg_operator_class, KIND_OBJECT,
     operator_class_fields, NULL);
KIND(cast, "cast", pg_cast, KIND_OBJECT, cast_fields, NULL);
KIND(conversion, "conversion", pg_conversion, KIND_OBJECT,
     conversion_fields, NULL);
KIND(access_method, "access-method", pg_access_method, KIND_OBJECT,
     access_method_fields, NULL);
KIND(wrapper, "foreign-data-wrapper", pg_wrapper, KIND_OBJECT,
     wrapper_fields, NULL);
KIND(server, "server", pg_server, KIND_OBJECT, server_fields, NULL);
KIND(user_mapping, "user-mapping", pg_user_mapping, KIND_OBJECT,
     user_mapping_fields, NULL);
KIND(table, "table", pg_table, KIND_OBJECT | KIND_ROWS,
     table_fields, relation_parts);
KIND(foreign_table, "foreign-table", pg_table, KIND_OBJECT | KIND_ROWS,
     table_fields, relation_parts);
KIND(view, "view", pg_view, KIND_OBJECT, view_fields, view_parts);
KIND(matview, "materialized-view", pg_view, KIND_OBJECT,
     view_fields, view_parts);
KIND(ts_parser, "text-search-parser", pg_ts_parser, KIND_OBJECT,
     ts_parser_fields, NULL);
KIND(ts_template, "text-search-template", pg_ts_template, KIND_OBJECT,
     ts_template_fields, NULL);
KIND(ts_dictionary, "text-search-dictionary", pg_ts_dictionary, KIND_OBJECT,
     ts_dictionary_fields, NULL);
KIND(ts_configuration, "text-search-configuration", pg_ts_configuration,
     KIND_OBJECT, ts_configuration_fields, NULL);
KIND(statistics, "statistics", pg_statistics, KIND_OBJECT,
     statistics_fields, NULL);
KIND(event_trigger, "event-trigger", pg_event_trigger, KIND_OBJECT,
     event_trigger_fields, NULL);
KIND(publication, "publication", pg_publication, KIND_OBJECT,
     publication_fields, NULL);
KIND(transform, "transform", pg_transform, KIND_OBJECT, transform_fields, NULL);
KIND(default_privileges, "default-privileges", pg_default_privileges,
     KIND_OBJECT, default_privileges_fields, NULL);
KIND(opaque, "opaque", pg_opaque, KIND_OBJECT, opaque_fields, NULL);
KIND(column, "column", pg_column, KIND_ORDERED | KIND_ROWS | KIND_NAMED,
     column_fields, NULL);
KIND(primary_key, "primary-key", pg_key, KIND_NAMED, primary_key_fields, NULL);
KIND(unique, "unique", pg_key, KIND_NAMED, primary_key_fields, NULL);
KIND(exclusion, "exclusion", pg_exclusion, KIND_NAMED, exclusion_fields, NULL);
KIND(check, "check", pg_check, KIND_NAMED, check_fields, NULL);
KIND(foreign_key, "foreign-key", pg_foreign_key, KIND_NAMED,
     foreign_key_fields, NULL);
KIND(index, "index", pg_index, KIND_NAMED, index_fields, NULL);
KIND(rule, "rule", pg_rule, KIND_NAMED, rule_fields, NULL);
KIND(trigger, "trigger", pg_trigger, KIND_NAMED, trigger_fields, NULL);
KIND(policy, "policy", pg_policy, KIND_NAMED, policy_fields, NULL);

const struct kind *const pg_kinds[] = {
	&pg_kind_namespace, &pg_kind_extension, &pg_kind_language,
	&pg_kind_collation, &pg_kind_base_type, &pg_kind_definition,
	&pg_kind_enum, &pg_kind_domain, &pg_kind_composite,
	&pg_kind_range, &pg_kind_sequence, &pg_kind_function,
	&pg_kind_procedure, &pg_kind_aggregate, &pg_kind_operator,
	&pg_kind_operator_family, &pg_kind_operator_class, &pg_kind_cast,
	&pg_kind_conversion, &pg_kind_access_method, &pg_kind_wrapper,
	&pg_kind_server, &pg_kind_user_mapping, &pg_kind_table,
	&pg_kind_foreign_table, &pg_kind_view, &pg_kind_matview,
	&pg_kind_ts_parser, &pg_kind_ts_template, &pg_kind_ts_dictionary,
	&pg_kind_ts_configuration, &pg_kind_statistics, &pg_kind_event_trigger,
	&pg_kind_publication, &pg_kind_transform, &pg_kind_default_privileges,
	&pg_kind_opaque, &pg_kind_column, &pg_kind_primary_key,
	&pg_kind_unique, &pg_kind_exclusion, &pg_kind_check,
	&pg_kind_foreign_key, &pg_kind_index, &pg_kind_rule, &pg_kind_trigger,
	&pg_kind_policy,
};
const size_t pg_kinds_n = ARRAY_LEN(pg_kinds);
