-- The system tables and views that loaders, dbt and people read.
-- Source: developer guide, the page of each name (r_STL_LOAD_ERRORS, SYS_LOAD_ERROR_DETAIL, r_SVV_COLUMNS, ...).

-- DISTINCT: an error is stored by the front, and in the client's own transaction if that goes on.
CREATE OR REPLACE VIEW pg_catalog.stl_load_errors AS
SELECT 100 AS userid, 0 AS slice, tbl::int AS tbl, starttime, session, query::int AS query, filename::char(256) AS filename,
    line_number, colname::char(127) AS colname, type::char(10) AS type, col_length::char(10) AS col_length, position,
    left(raw_line, 1024)::char(1024) AS raw_line, left(raw_field_value, 1024)::char(1024) AS raw_field_value, err_code,
    left(err_reason, 100)::char(100) AS err_reason, 0 AS is_partial, 0::bigint AS start_offset, ''::char(256) AS copy_job_id
FROM (SELECT DISTINCT * FROM dif_redshift.load_errors) e;

CREATE OR REPLACE VIEW pg_catalog.sys_load_error_detail AS
SELECT 100 AS user_id, query AS query_id, 0::bigint AS transaction_id, session AS session_id,
    current_database()::text AS database_name, tbl::int AS table_id, starttime AS start_time, filename AS file_name,
    line_number, colname AS column_name, type AS column_type, col_length AS column_length, position,
    err_code AS error_code, err_reason AS error_message
FROM (SELECT DISTINCT * FROM dif_redshift.load_errors) e;

CREATE OR REPLACE VIEW pg_catalog.stl_load_commits AS
SELECT 100 AS userid, query::int AS query, 0 AS slice, filename::char(256) AS name, filename::char(256) AS filename,
    0 AS byte_offset, lines_scanned, errors, curtime, 1 AS status, ''::text AS file_format, bytes AS file_size
FROM dif_redshift.load_commits;

CREATE OR REPLACE VIEW pg_catalog.sys_load_history AS
SELECT query AS query_id, tbl::int AS table_id, max(tbl::regclass::text) AS table_name, min(curtime) AS start_time,
    'completed'::text AS status, sum(lines_scanned - errors)::bigint AS loaded_rows, sum(bytes)::bigint AS loaded_bytes,
    count(*)::bigint AS source_file_count, sum(errors)::bigint AS error_count
FROM dif_redshift.load_commits GROUP BY query, tbl;

CREATE OR REPLACE VIEW pg_catalog.stv_slices AS
SELECT 0 AS node, slice, slice AS localslice, 'D'::text AS type FROM generate_series(0, 3) slice;

CREATE OR REPLACE VIEW dif_redshift.relations AS
SELECT c.oid, c.relname, c.relkind, n.nspname, dif_redshift.properties(c.oid) AS p
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'dif_redshift')
    AND n.nspname NOT LIKE 'pg\_toast%';

CREATE OR REPLACE VIEW pg_catalog.svv_table_info AS
SELECT current_database()::text AS database, nspname::text AS schema, oid AS table_id, dif_redshift.long(relname) AS "table",
    CASE WHEN coalesce(p->'encodings', '{}') = '{}' THEN 'Y, AUTO(ENCODE)' ELSE 'Y' END::text AS encoded,
    CASE
        WHEN p->>'distkey' IS NOT NULL THEN 'KEY(' || dif_redshift.column_name(oid, (p->>'distkey')::int) || ')'
        WHEN coalesce(p->>'diststyle', 'AUTO') = 'AUTO' THEN 'AUTO(ALL)'
        ELSE p->>'diststyle'
    END AS diststyle,
    coalesce(dif_redshift.column_name(oid, (p->'sortkeys'->>0)::int), 'AUTO(SORTKEY)') AS sortkey1,
    (SELECT max(a.atttypmod - 4) FROM pg_attribute a WHERE a.attrelid = r.oid AND a.atttypid = 'varchar'::regtype) AS max_varchar,
    NULL::text AS sortkey1_enc, coalesce(jsonb_array_length(p->'sortkeys'), 0) AS sortkey_num,
    (pg_total_relation_size(oid) / 1048576)::bigint AS size, 0.0::numeric(10, 4) AS pct_used, 0::bigint AS empty,
    0.0::numeric(5, 2) AS unsorted, 0.0::numeric(5, 2) AS stats_off, dif_redshift.row_count(oid) AS tbl_rows,
    1.0::numeric(19, 2) AS skew_sortkey1, 1.0::numeric(19, 2) AS skew_rows,
    dif_redshift.row_count(oid) AS estimated_visible_rows, NULL::text AS risk_event,
    0.0::numeric(12, 2) AS vacuum_sort_benefit, now()::timestamp AS create_time
FROM dif_redshift.relations r WHERE relkind = 'r';

-- PG_TABLE_DEF shows the schemas of the search_path only.
CREATE OR REPLACE VIEW pg_catalog.pg_table_def AS
SELECT nspname::text AS schemaname, dif_redshift.long(relname) AS tablename, dif_redshift.long(a.attname) AS "column",
    dif_redshift.type_name(a.atttypid, a.atttypmod) AS type, coalesce(p->'encodings'->>a.attnum::text, 'none') AS encoding,
    coalesce((p->>'distkey')::int = a.attnum, false) AS distkey,
    coalesce((SELECT place::int FROM jsonb_array_elements_text(p->'sortkeys') WITH ORDINALITY AS item(n, place)
              WHERE n::int = a.attnum), 0) AS sortkey,
    a.attnotnull AS "notnull"
FROM dif_redshift.relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE relkind IN ('r', 'v') AND nspname = ANY (current_schemas(false));

-- The place is counted, not ranked: PostgreSQL does not look for a schema's rows before it has ranked those of all schemas.
CREATE OR REPLACE VIEW pg_catalog.svv_columns AS
SELECT current_database()::text AS table_catalog, nspname::text AS table_schema, dif_redshift.long(relname) AS table_name,
    dif_redshift.long(a.attname) AS column_name,
    (SELECT count(*) FROM pg_attribute b WHERE b.attrelid = r.oid AND b.attnum BETWEEN 1 AND a.attnum AND NOT b.attisdropped)::int
        AS ordinal_position,
    pg_get_expr(d.adbin, d.adrelid) AS column_default, CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable,
    regexp_replace(dif_redshift.type_name(a.atttypid, a.atttypmod), '\(.*\)', '') AS data_type,
    CASE WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 0 THEN a.atttypmod - 4 END
        AS character_maximum_length,
    CASE a.atttypid
        WHEN 'numeric'::regtype THEN CASE WHEN a.atttypmod > 0 THEN ((a.atttypmod - 4) >> 16) & 65535 ELSE 38 END
        WHEN 'int2'::regtype THEN 16 WHEN 'int4'::regtype THEN 32 WHEN 'int8'::regtype THEN 64
        WHEN 'float4'::regtype THEN 24 WHEN 'float8'::regtype THEN 53
    END AS numeric_precision,
    CASE
        WHEN a.atttypid = 'numeric'::regtype AND a.atttypmod > 0 THEN (a.atttypmod - 4) & 65535
        WHEN a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 0
    END AS numeric_scale,
    col_description(r.oid, a.attnum) AS remarks
FROM dif_redshift.relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum;

CREATE OR REPLACE VIEW pg_catalog.svv_redshift_columns AS
SELECT table_catalog AS database_name, table_schema AS schema_name, table_name, column_name, ordinal_position, data_type,
    column_default, is_nullable, NULL::text AS encoding, false AS distkey, 0 AS sortkey, NULL::text AS column_acl, remarks
FROM pg_catalog.svv_columns;

CREATE OR REPLACE VIEW pg_catalog.svv_tables AS
SELECT current_database()::text AS table_catalog, nspname::text AS table_schema, dif_redshift.long(relname) AS table_name,
    CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type,
    obj_description(oid, 'pg_class') AS remarks
FROM dif_redshift.relations;

CREATE OR REPLACE VIEW pg_catalog.svv_all_columns AS
SELECT database_name, schema_name, table_name, column_name, ordinal_position, column_default, is_nullable, data_type,
    NULL::int AS character_maximum_length, NULL::int AS numeric_precision, NULL::int AS numeric_scale, remarks
FROM pg_catalog.svv_redshift_columns;

-- Keys are informational: this is where a tool finds them.
CREATE OR REPLACE VIEW pg_catalog.svv_table_constraints AS
SELECT nspname::text AS schema_name, dif_redshift.long(relname) AS table_name, c->>'name' AS constraint_name,
    c->>'kind' AS constraint_type,
    (SELECT string_agg(dif_redshift.column_name(oid, n::int), ', ' ORDER BY place)
     FROM jsonb_array_elements_text(c->'columns') WITH ORDINALITY AS item(n, place)) AS columns
FROM dif_redshift.relations r, jsonb_array_elements(p->'constraints') c;

CREATE OR REPLACE VIEW pg_catalog.svv_external_tables AS
SELECT ''::text AS schemaname, ''::text AS tablename WHERE false;
CREATE OR REPLACE VIEW pg_catalog.svv_external_columns AS
SELECT ''::text AS schemaname, ''::text AS tablename, ''::text AS columnname, ''::text AS external_type, 0 AS columnnum,
    0 AS part_key WHERE false;
CREATE OR REPLACE VIEW pg_catalog.svv_external_schemas AS
SELECT 0 AS esoid, ''::text AS schemaname, ''::text AS databasename WHERE false;
CREATE OR REPLACE VIEW pg_catalog.svl_user_info AS
SELECT usename, usesysid, usecreatedb, usesuper FROM pg_user;
CREATE OR REPLACE VIEW pg_catalog.stv_recents AS
SELECT pid, usename::text AS user_name, 'Running'::text AS status, query_start AS starttime, query
FROM pg_stat_activity WHERE state = 'active';
-- r_STV_SESSIONS; users see their own sessions only (c_join_PG, "visibility of data").
CREATE OR REPLACE VIEW pg_catalog.stv_sessions AS
SELECT (backend_start AT TIME ZONE 'UTC')::timestamp AS starttime, pid AS process, usename::char(50) AS user_name,
    datname::char(50) AS db_name, 0 AS timeout_sec
FROM pg_stat_activity
WHERE backend_type = 'client backend'
    AND (usename = current_user OR (SELECT usesuper FROM pg_user WHERE usename = current_user));
CREATE OR REPLACE VIEW pg_catalog.stv_mv_info AS
SELECT ''::text AS db_name, ''::text AS schema, ''::text AS name, ''::text AS state, ''::text AS autorefresh,
    ''::text AS is_stale, 0 AS updated_upto_xid WHERE false;

GRANT SELECT ON ALL TABLES IN SCHEMA dif_redshift TO public;
GRANT SELECT ON pg_catalog.stl_load_errors, pg_catalog.sys_load_error_detail, pg_catalog.stl_load_commits,
    pg_catalog.sys_load_history, pg_catalog.stv_slices, pg_catalog.svv_table_info, pg_catalog.pg_table_def,
    pg_catalog.svv_columns, pg_catalog.svv_redshift_columns, pg_catalog.svv_tables, pg_catalog.svv_all_columns,
    pg_catalog.svv_table_constraints, pg_catalog.svv_external_tables, pg_catalog.svv_external_columns,
    pg_catalog.svv_external_schemas, pg_catalog.svl_user_info, pg_catalog.stv_recents, pg_catalog.stv_sessions,
    pg_catalog.stv_mv_info TO public;
