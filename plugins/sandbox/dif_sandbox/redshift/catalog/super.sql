-- SUPER, on jsonb. Source: developer guide, query-super, super-functions, JSON functions.
-- Known difference: jsonb orders the keys of objects by itself and keeps the last of equal ones.

CREATE OR REPLACE FUNCTION pg_catalog.json_parse(t text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN t::jsonb;
EXCEPTION WHEN others THEN
    RAISE EXCEPTION 'Invalid JSON' USING ERRCODE = '22P02', DETAIL = left(t, 200);
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.can_json_parse(t text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    PERFORM t::jsonb;
    RETURN t IS NOT NULL;
EXCEPTION WHEN others THEN
    RETURN false;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.is_valid_json(t text) RETURNS bool
    LANGUAGE sql IMMUTABLE AS $$ SELECT can_json_parse(t) $$;
-- JSON_SERIALIZE writes no blanks.
CREATE OR REPLACE FUNCTION pg_catalog.redshift_json_serialize(j jsonb) RETURNS varchar LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    CASE jsonb_typeof(j)
        WHEN 'object' THEN
            RETURN (SELECT '{' || coalesce(string_agg(to_json(key)::text || ':' || redshift_json_serialize(value), ','), '') || '}'
                    FROM jsonb_each(j));
        WHEN 'array' THEN
            RETURN (SELECT '[' || coalesce(string_agg(redshift_json_serialize(value), ',' ORDER BY place), '') || ']'
                    FROM jsonb_array_elements(j) WITH ORDINALITY AS item(value, place));
        ELSE
            RETURN j::text;
    END CASE;
END $$;
CREATE OR REPLACE FUNCTION pg_catalog.json_extract_path_text(t text, VARIADIC p text[]) RETURNS varchar
    LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(t::jsonb #>> p, '') $$;
CREATE OR REPLACE FUNCTION pg_catalog.json_extract_array_element_text(t text, n int) RETURNS varchar
    LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce(t::jsonb ->> n, '') $$;
CREATE OR REPLACE FUNCTION pg_catalog.json_array_length(t text) RETURNS int
    LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_array_length(t::jsonb) $$;
CREATE OR REPLACE FUNCTION pg_catalog.get_array_length(j jsonb) RETURNS int
    LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN jsonb_typeof(j) = 'array' THEN jsonb_array_length(j) END $$;
CREATE OR REPLACE FUNCTION pg_catalog.json_typeof(j jsonb) RETURNS varchar
    LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_typeof(j) $$;
CREATE OR REPLACE FUNCTION pg_catalog.is_object(j jsonb) RETURNS bool
    LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_typeof(j) = 'object' $$;
CREATE OR REPLACE FUNCTION pg_catalog.is_array(j jsonb) RETURNS bool
    LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_typeof(j) = 'array' $$;
CREATE OR REPLACE FUNCTION pg_catalog.is_scalar(j jsonb) RETURNS bool
    LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_typeof(j) IN ('string', 'number', 'boolean') $$;
CREATE OR REPLACE FUNCTION pg_catalog.is_varchar(j jsonb) RETURNS bool
    LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_typeof(j) = 'string' $$;
CREATE OR REPLACE FUNCTION pg_catalog.redshift_array(VARIADIC items "any") RETURNS jsonb
    LANGUAGE internal STABLE AS 'jsonb_build_array';
CREATE OR REPLACE FUNCTION pg_catalog.redshift_array() RETURNS jsonb
    LANGUAGE internal STABLE AS 'jsonb_build_array_noargs';
CREATE OR REPLACE FUNCTION pg_catalog.redshift_object(VARIADIC items "any") RETURNS jsonb
    LANGUAGE internal STABLE AS 'jsonb_build_object';
