-- Functions that Redshift has and PostgreSQL has not, in pg_catalog so that any search_path finds them.
-- Source: developer guide, the pages below c_SQL_functions.

CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), '
        'Redshift 1.0.999999 (the dif sandbox, on PostgreSQL)'
$$;

-- conditions and texts
CREATE OR REPLACE FUNCTION pg_catalog.nvl(a anycompatible, b anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(a, b) $$;
CREATE OR REPLACE FUNCTION pg_catalog.nvl(a anycompatible, b anycompatible, c anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(a, b, c) $$;
CREATE OR REPLACE FUNCTION pg_catalog.nvl2(a anyelement, b anycompatible, c anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN a IS NOT NULL THEN b ELSE c END $$;
CREATE OR REPLACE FUNCTION pg_catalog.len(t text) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT length(t) $$;
CREATE OR REPLACE FUNCTION pg_catalog.charindex(s text, t text) RETURNS int
    LANGUAGE sql IMMUTABLE AS $$ SELECT position(s in t) $$;
CREATE OR REPLACE FUNCTION pg_catalog.sha1(t text) RETURNS varchar
    LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'the sandbox has no SHA1' USING ERRCODE = '0A000'; END $$;
CREATE OR REPLACE FUNCTION pg_catalog.sha2(t text, bits int) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(CASE bits
        WHEN 224 THEN sha224(convert_to(t, 'UTF8'))
        WHEN 384 THEN sha384(convert_to(t, 'UTF8'))
        WHEN 512 THEN sha512(convert_to(t, 'UTF8'))
        ELSE sha256(convert_to(t, 'UTF8'))
    END, 'hex')
$$;
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_proc WHERE proname = 'redshift_listagg') THEN
        CREATE AGGREGATE pg_catalog.redshift_listagg(text, text)
            (SFUNC = string_agg_transfn, STYPE = internal, FINALFUNC = string_agg_finalfn);
    END IF;
END $$;

-- numbers: ROUND and TRUNC give back the type that they are given (r_ROUND, r_TRUNC). PostgreSQL has the two-argument
-- forms for NUMERIC only; those for integers are here so that no integer is taken for a double.
CREATE OR REPLACE FUNCTION pg_catalog.round(n float8, places int) RETURNS float8
    LANGUAGE sql STABLE STRICT AS $$ SELECT round(n::text::numeric, places)::float8 $$;
CREATE OR REPLACE FUNCTION pg_catalog.round(n bigint, places int) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT round(n::numeric, places)::bigint $$;
CREATE OR REPLACE FUNCTION pg_catalog.round(n int, places int) RETURNS int
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT round(n::numeric, places)::int $$;
CREATE OR REPLACE FUNCTION pg_catalog.trunc(n float8, places int) RETURNS float8
    LANGUAGE sql STABLE STRICT AS $$ SELECT trunc(n::text::numeric, places)::float8 $$;
CREATE OR REPLACE FUNCTION pg_catalog.trunc(n bigint, places int) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT trunc(n::numeric, places)::bigint $$;
CREATE OR REPLACE FUNCTION pg_catalog.trunc(n int, places int) RETURNS int
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT trunc(n::numeric, places)::int $$;

-- dates and times
-- A day is cut to a TIMESTAMP (r_DATE_TRUNC); PostgreSQL would make it a TIMESTAMPTZ.
CREATE OR REPLACE FUNCTION pg_catalog.date_trunc(part text, day date) RETURNS timestamp
    LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT date_trunc(part, day::timestamp) $$;
CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp
    LANGUAGE sql STABLE AS $$ SELECT date_trunc('second', timezone('UTC', now())) $$;
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(tz text, t timestamp) RETURNS timestamp
    LANGUAGE sql STABLE AS $$ SELECT timezone(tz, timezone('UTC', t)) $$;
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(f text, tz text, t timestamp) RETURNS timestamp
    LANGUAGE sql STABLE AS $$ SELECT timezone(tz, timezone(f, t)) $$;
CREATE OR REPLACE FUNCTION pg_catalog.last_day(t timestamp) RETURNS date
    LANGUAGE sql IMMUTABLE AS $$ SELECT (date_trunc('month', t) + interval '1 month - 1 day')::date $$;
CREATE OR REPLACE FUNCTION pg_catalog.trunc(t timestamp) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT t::date $$;
CREATE OR REPLACE FUNCTION pg_catalog.dateadd(p text, n bigint, t timestamp) RETURNS timestamp
    LANGUAGE sql IMMUTABLE AS $$
    SELECT t + CASE
        WHEN lower(p) IN ('quarter', 'quarters', 'qtr', 'qtrs', 'q') THEN (3 * n || ' month')::interval
        ELSE (n || ' ' || p)::interval
    END
$$;
-- DATEDIFF counts the boundaries between the two, not whole units (r_DATEDIFF_function).
CREATE OR REPLACE FUNCTION pg_catalog.datediff(p text, a timestamp, b timestamp) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    unit text := lower(regexp_replace(p, 's$', ''));
    years bigint := extract(year FROM b) - extract(year FROM a);
BEGIN
    CASE
        WHEN unit IN ('year', 'yr', 'y') THEN RETURN years;
        WHEN unit IN ('quarter', 'qtr', 'q') THEN RETURN years * 4 + extract(quarter FROM b) - extract(quarter FROM a);
        WHEN unit IN ('month', 'mon') THEN RETURN years * 12 + extract(month FROM b) - extract(month FROM a);
        WHEN unit IN ('week', 'w') THEN
            RETURN (date_trunc('week', b + interval '1 day')::date - date_trunc('week', a + interval '1 day')::date) / 7;
        WHEN unit IN ('day', 'd') THEN RETURN b::date - a::date;
        ELSE RETURN extract(epoch FROM date_trunc(unit, b) - date_trunc(unit, a)) / extract(epoch FROM ('1 ' || unit)::interval);
    END CASE;
END $$;

-- the session
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('redshift.last_copy_count', true), '')::bigint, 0)
$$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_id() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('redshift.last_copy_id', true), '')::bigint, -1)
$$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_query_id() RETURNS bigint
    LANGUAGE sql STABLE AS $$ SELECT last_value FROM dif_redshift.query_id $$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_get_late_binding_view_cols() RETURNS SETOF record
    LANGUAGE sql AS $$ SELECT ''::name, ''::name, ''::name, ''::text, 0 WHERE false $$;

CREATE OR REPLACE FUNCTION pg_catalog.add_months(t timestamp, n int) RETURNS timestamp
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN t::date = last_day(t) THEN last_day(t + make_interval(months => n)) + t::time
        ELSE t + make_interval(months => n) END
$$;
CREATE OR REPLACE FUNCTION pg_catalog.strtol(digits text, base int) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    n bigint := 0;
    place int;
    digit text;
BEGIN
    FOREACH digit IN ARRAY regexp_split_to_array(lower(digits), '') LOOP
        place := position(digit IN '0123456789abcdefghijklmnopqrstuvwxyz') - 1;
        IF place < 0 OR place >= base THEN
            RAISE EXCEPTION 'The input % is not valid to be converted to base %', digits, base USING ERRCODE = '22P02';
        END IF;
        n := n * base + place;
    END LOOP;
    RETURN n;
END $$;
