-- What Redshift knows of a table and PostgreSQL does not: distribution, sort keys, encodings, unenforced keys.
-- It lives as JSON in the comment of the table's row type: that goes with the table through transactions, renames and
-- drops, works for temporary tables, and takes no part in serialization conflicts. Columns are attribute numbers, so
-- that a renamed column keeps its properties.

CREATE OR REPLACE FUNCTION dif_redshift.properties(t oid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(obj_description(c.reltype, 'pg_type')::jsonb, '{}') FROM pg_class c WHERE c.oid = t
$$;

CREATE OR REPLACE FUNCTION dif_redshift.store(t regclass, p jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COMMENT ON TYPE %s IS %L', (SELECT reltype::regtype FROM pg_class WHERE oid = t), p::text);
END $$;

CREATE OR REPLACE FUNCTION dif_redshift.number(t regclass, c text) RETURNS int LANGUAGE plpgsql STABLE AS $$
DECLARE
    n int;
BEGIN
    SELECT attnum INTO n FROM pg_attribute WHERE attrelid = t AND attname = c AND attnum > 0 AND NOT attisdropped;
    IF n IS NULL THEN
        RAISE EXCEPTION 'column "%" of relation "%" does not exist', c, t USING ERRCODE = '42703';
    END IF;
    RETURN n;
END $$;

CREATE OR REPLACE FUNCTION dif_redshift.numbers(t regclass, names jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(dif_redshift.number(t, name) ORDER BY place), '[]')
    FROM jsonb_array_elements_text(names) WITH ORDINALITY AS item(name, place)
$$;

-- Column names to numbers, in whichever of the properties are given.
CREATE OR REPLACE FUNCTION dif_redshift.resolved(t regclass, p jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF p->>'distkey' IS NOT NULL THEN
        p := p || jsonb_build_object('distkey', dif_redshift.number(t, p->>'distkey'));
    END IF;
    IF p ? 'sortkeys' THEN
        p := p || jsonb_build_object('sortkeys', dif_redshift.numbers(t, p->'sortkeys'));
    END IF;
    IF p ? 'encodings' THEN
        p := p || jsonb_build_object('encodings', (
            SELECT coalesce(jsonb_object_agg(dif_redshift.number(t, key), value), '{}') FROM jsonb_each(p->'encodings')
        ));
    END IF;
    IF p ? 'constraints' THEN
        p := p || jsonb_build_object('constraints', (
            SELECT coalesce(jsonb_agg(c || jsonb_build_object('columns', dif_redshift.numbers(t, c->'columns'))), '[]')
            FROM jsonb_array_elements(p->'constraints') c
        ));
    END IF;
    RETURN p;
END $$;

-- CREATE TABLE IF NOT EXISTS may have found the table: then it keeps what it has.
CREATE OR REPLACE FUNCTION dif_redshift.describe(t text, p jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF dif_redshift.properties(t::regclass) = '{}' THEN
        PERFORM dif_redshift.store(t::regclass, dif_redshift.resolved(t::regclass, p));
    END IF;
END $$;

-- LIKE takes over distribution, sort keys and encodings, not the keys (r_CREATE_TABLE_NEW).
CREATE OR REPLACE FUNCTION dif_redshift.describe_like(t text, s text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p jsonb := dif_redshift.properties(s::regclass) - 'constraints';
    name text;
BEGIN
    SELECT attname INTO name FROM pg_attribute WHERE attrelid = s::regclass AND attnum = (p->>'distkey')::int;
    p := p || jsonb_build_object('distkey', name, 'sortkeys', (
        SELECT coalesce(jsonb_agg(a.attname ORDER BY place), '[]')
        FROM jsonb_array_elements_text(p->'sortkeys') WITH ORDINALITY AS item(n, place)
        JOIN pg_attribute a ON a.attrelid = s::regclass AND a.attnum = n::int
    ), 'encodings', (
        SELECT coalesce(jsonb_object_agg(a.attname, item.value), '{}')
        FROM jsonb_each(p->'encodings') item JOIN pg_attribute a ON a.attrelid = s::regclass AND a.attnum = item.key::int
    ));
    PERFORM dif_redshift.describe(t, p);
END $$;

CREATE OR REPLACE FUNCTION dif_redshift.change(t text, p jsonb) RETURNS void LANGUAGE sql AS $$
    SELECT dif_redshift.store(t::regclass, dif_redshift.properties(t::regclass) || dif_redshift.resolved(t::regclass, p))
$$;

CREATE OR REPLACE FUNCTION dif_redshift.set_encoding(t text, c text, e text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p jsonb := dif_redshift.properties(t::regclass);
    known jsonb := coalesce(p->'encodings', '{}') || jsonb_build_object(dif_redshift.number(t::regclass, c)::text, e);
BEGIN
    PERFORM dif_redshift.store(t::regclass, p || jsonb_build_object('encodings', known));
END $$;

CREATE OR REPLACE FUNCTION dif_redshift.add_constraint(t text, c jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p jsonb := dif_redshift.properties(t::regclass);
    added jsonb := dif_redshift.resolved(t::regclass, jsonb_build_object('constraints', jsonb_build_array(c)));
BEGIN
    added := coalesce(p->'constraints', '[]') || (added->'constraints');
    PERFORM dif_redshift.store(t::regclass, p || jsonb_build_object('constraints', added));
END $$;

CREATE OR REPLACE FUNCTION dif_redshift.drop_constraint(t text, n text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p jsonb := dif_redshift.properties(t::regclass);
    kept jsonb := coalesce((
        SELECT jsonb_agg(c) FROM jsonb_array_elements(p->'constraints') c WHERE c->>'name' IS DISTINCT FROM n
    ), '[]');
BEGIN
    IF kept = coalesce(p->'constraints', '[]') THEN
        RAISE EXCEPTION 'constraint "%" does not exist', n USING ERRCODE = '42704';
    END IF;
    PERFORM dif_redshift.store(t::regclass, p || jsonb_build_object('constraints', kept));
END $$;

-- A primary key is not enforced, its columns are NOT NULL all the same (r_CREATE_TABLE_NEW).
CREATE OR REPLACE FUNCTION dif_redshift.primary_key_not_null(t text, p jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c text;
BEGIN
    IF dif_redshift.properties(t::regclass) <> '{}' THEN
        RETURN;
    END IF;
    FOR c IN
        SELECT jsonb_array_elements_text(k->'columns') FROM jsonb_array_elements(p->'constraints') k
        WHERE k->>'kind' = 'PRIMARY KEY'
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', t, c);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION dif_redshift.check_drop(t text, c text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p jsonb := dif_redshift.properties(t::regclass);
    n int := dif_redshift.number(t::regclass, c);
BEGIN
    IF (p->>'distkey')::int = n OR p->'sortkeys' @> to_jsonb(n) THEN
        RAISE EXCEPTION 'cannot drop distkey or sortkey column %', c USING ERRCODE = '2BP01';
    END IF;
END $$;

-- ALTER COLUMN TYPE VARCHAR(n): r_ALTER_TABLE says which columns it takes.
CREATE OR REPLACE FUNCTION dif_redshift.resize(t text, c text, n int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p jsonb := dif_redshift.properties(t::regclass);
    number int := dif_redshift.number(t::regclass, c);
    a pg_attribute;
    encoding text := p->'encodings'->>number::text;
    widest int;
    held name;
BEGIN
    SELECT * INTO a FROM pg_attribute WHERE attrelid = t::regclass AND attnum = number;
    IF a.atttypid <> 'varchar'::regtype THEN
        RAISE EXCEPTION 'cannot alter type of column "%": only the size of VARCHAR columns can be changed', c
            USING ERRCODE = '0A000';
    END IF;
    IF a.atthasdef THEN
        RAISE EXCEPTION 'cannot alter column "%" of relation "%", column has a default value', c, t USING ERRCODE = '0A000';
    END IF;
    IF encoding IN ('bytedict', 'runlength', 'text255', 'text32k') THEN
        RAISE EXCEPTION 'cannot alter column "%" of relation "%", unsupported encoding "%"', c, t, encoding
            USING ERRCODE = '0A000';
    END IF;
    IF EXISTS (SELECT 1 FROM jsonb_array_elements(p->'constraints') k WHERE k->'columns' @> to_jsonb(number)) THEN
        RAISE EXCEPTION 'cannot alter column "%" of relation "%", column is used in a constraint', c, t
            USING ERRCODE = '0A000';
    END IF;
    EXECUTE format('SELECT max(octet_length(%I)) FROM %s', c, t) INTO widest;
    IF widest > n THEN
        RAISE EXCEPTION 'cannot alter column "%" of relation "%", target column size should be larger or equal to current '
            'maximum column size', c, t USING ERRCODE = '22023';
    END IF;
    FOR held IN
        SELECT conname FROM pg_constraint
        WHERE conrelid = t::regclass AND contype = 'c' AND conkey = ARRAY[number]::int2[]
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', t, held);
    END LOOP;
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE varchar(%s), ADD CHECK (octet_length(%2$I) <= %3$s)', t, c, n);
END $$;

-- CREATE TABLE AS: Redshift has no unbounded text, and every VARCHAR counts bytes.
CREATE OR REPLACE FUNCTION dif_redshift.bound_texts(t text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    bounds text;
BEGIN
    -- One statement: PostgreSQL goes through the table once for all columns.
    SELECT string_agg(format('ALTER COLUMN %I TYPE varchar(%s), ADD CHECK (octet_length(%1$I) <= %2$s)', attname, size), ', ')
    INTO bounds
    FROM (
        SELECT attname, CASE WHEN atttypid = 'varchar'::regtype AND atttypmod > 4 THEN atttypmod - 4 ELSE 65535 END AS size
        FROM pg_attribute
        WHERE attrelid = t::regclass AND attnum > 0 AND NOT attisdropped AND atttypid IN ('text'::regtype, 'varchar'::regtype)
    ) AS texts;
    IF bounds IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s %s', t, bounds);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION dif_redshift.append(t text, s text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    columns text;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
    FROM pg_attribute WHERE attrelid = s::regclass AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('INSERT INTO %s (%s) SELECT %2$s FROM %3$s', t, columns, s);
    EXECUTE format('TRUNCATE %s', s);
END $$;

CREATE OR REPLACE FUNCTION dif_redshift.check_merge_source(s text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = s::regclass) NOT IN ('r', 'p') THEN
        RAISE EXCEPTION 'MERGE source must be a table, not a view' USING ERRCODE = '0A000';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION dif_redshift.long(n name) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT long FROM dif_redshift.long_names WHERE short = n::text), n::text)
$$;

CREATE OR REPLACE FUNCTION dif_redshift.column_name(t oid, n int) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT dif_redshift.long(attname) FROM pg_attribute WHERE attrelid = t AND attnum = n
$$;

CREATE OR REPLACE FUNCTION dif_redshift.row_count(t oid) RETURNS numeric(38, 0) LANGUAGE plpgsql STABLE AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', t::regclass) INTO n;
    RETURN n;
END $$;

CREATE OR REPLACE FUNCTION dif_redshift.type_name(t oid, m int) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE t
        WHEN 'jsonb'::regtype THEN 'super'
        WHEN 'bytea'::regtype THEN 'binary varying'
        WHEN 'text'::regtype THEN 'character varying(65535)'
        ELSE format_type(t, m)
    END
$$;
