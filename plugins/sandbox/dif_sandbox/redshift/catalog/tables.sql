-- What the front stores. The schema is not Redshift's; its views and functions are built on it.
SET LOCAL client_min_messages = warning;
SET LOCAL standard_conforming_strings = on;
SET LOCAL allow_system_table_mods = on;

CREATE SCHEMA IF NOT EXISTS dif_redshift;
GRANT USAGE ON SCHEMA dif_redshift TO public;

CREATE SEQUENCE IF NOT EXISTS dif_redshift.query_id START 1000;

-- Names over PostgreSQL's 63 bytes, by the short form they are stored under.
CREATE TABLE IF NOT EXISTS dif_redshift.long_names (short text PRIMARY KEY, long text NOT NULL);

CREATE TABLE IF NOT EXISTS dif_redshift.load_errors (
    query bigint, tbl oid, session int, filename text, line_number bigint, colname text, type text, col_length text,
    position int, raw_line text, raw_field_value text, err_code int, err_reason text,
    starttime timestamp
);

CREATE TABLE IF NOT EXISTS dif_redshift.load_commits (
    query bigint, tbl oid, filename text, lines_scanned bigint, errors bigint, bytes bigint,
    curtime timestamp
);

GRANT SELECT ON ALL TABLES IN SCHEMA dif_redshift TO public;
GRANT INSERT ON dif_redshift.load_errors, dif_redshift.load_commits TO public;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA dif_redshift TO public;
