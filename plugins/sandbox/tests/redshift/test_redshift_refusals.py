"""What PostgreSQL takes and Redshift refuses, each for its own reason."""

from __future__ import annotations

from typing import Any

import pytest

INSERT = "when not matched then insert values (u.id, 'x')"
REFUSED = [
    # statement, what the error says
    ("insert into t(id) values (1) on conflict (id) do nothing", 'at or near "conflict"'),
    ("insert into t(id) values (1) on conflict (id) do update set a='x'", 'at or near "conflict"'),
    ("insert into t(id) values (1) returning id", 'at or near "returning"'),
    ("delete from t where id = 1 returning id", 'at or near "returning"'),
    ("update t set a = 'x' returning id", 'at or near "returning"'),
    ("insert into t(id) overriding system value values (1)", 'at or near "overriding"'),
    ("create index i on t(id)", "CREATE INDEX is not supported"),
    ("create unique index i on t(id)", "CREATE INDEX is not supported"),
    ("drop index i", "DROP INDEX is not supported"),
    ("create extension pgcrypto", "CREATE EXTENSION is not supported"),
    ("create sequence s", "CREATE SEQUENCE is not supported"),
    ("create type x as enum ('a')", "CREATE TYPE is not supported"),
    ("create domain x as int", "CREATE DOMAIN is not supported"),
    ("create trigger x before insert on t execute function f()", "CREATE TRIGGER is not supported"),
    ("create rule x as on insert to t do nothing", "CREATE RULE is not supported"),
    ("create tablespace x location '/x'", "CREATE TABLESPACE is not supported"),
    ("create unlogged table z (a int)", 'at or near "unlogged"'),
    ("create table z (a int) inherits (t)", 'at or near "inherits"'),
    ("create table z (a int) partition by range (a)", 'at or near "partition"'),
    ("create table z (a int) tablespace x", 'at or near "tablespace"'),
    ("create table z (a int check (a > 0))", "CHECK constraints are not supported"),
    ("create table z (a int, check (a > 0))", "CHECK constraints are not supported"),
    ("create table z (a int, exclude using gist (a with =))", "EXCLUDE constraints are not supported"),
    ("create table z (a jsonb)", 'unsupported type "jsonb"'),
    ("create table z (a json)", 'unsupported type "json"'),
    ("create table z (a uuid)", 'unsupported type "uuid"'),
    ("create table z (a serial)", 'unsupported type "serial"'),
    ("create table z (a money)", 'unsupported type "money"'),
    ("create table z (a bytea)", 'unsupported type "bytea"'),
    ("create table z (a inet)", 'unsupported type "inet"'),
    ("create table z (a text[])", "array types are not supported"),
    ("create table z (a notatype)", 'type "notatype" does not exist'),
    ("create table z (a varchar(65536))", "maximum column length is 65535"),
    ("create table z (a char(4097))", "maximum column length is 4096"),
    ("create table z (a numeric(39, 2))", "precision 39 must be between 1 and 38"),
    ("create table z (a varchar(max) encode az64)", "invalid encoding type"),
    ("create table z (a int encode fast)", 'invalid encoding "fast"'),
    ("create table z (s super) sortkey(s)", "SUPER columns"),
    ("create table z (s super distkey)", "SUPER columns"),
    ("create table z (tag int)", 'at or near "tag"'),
    ("create table z (a int, desc varchar(9))", 'at or near "desc"'),
    ("alter table t add column x int, add column y int", 'at or near ","'),
    ("alter table t add column if not exists x int", 'at or near "if"'),
    ("alter table t drop column if exists a", 'at or near "if"'),
    ("alter table if exists t add column x int", 'at or near "if"'),
    ("alter table t alter column a set not null", 'at or near "set"'),
    ("alter table t alter column a drop not null", 'at or near "drop"'),
    ("alter table t alter column a set default 'x'", 'at or near "set"'),
    ("alter table t alter column a set data type varchar(9)", 'at or near "set"'),
    ("alter table t alter column a type varchar(19) using a::varchar", 'at or near "using"'),
    ("alter table t alter column a type bigint", "only the size of VARCHAR"),
    ("alter table t alter column id type varchar(9)", "only the size of VARCHAR"),
    ("alter table t add column n int not null", "must have a non-null default"),
    ("alter table t add column n int identity(1,1)", "does not support"),
    ("alter table t add column n int primary key", "does not support"),
    ("alter table t add column n int distkey", "does not support DISTKEY"),
    ("alter table t drop column id", "cannot drop distkey or sortkey"),
    ("select distinct on (id) id from t", "DISTINCT ON is not supported"),
    ("select count(*) filter (where id > 1) from t", 'at or near "filter"'),
    ("select * from t, lateral (select 1) x", "LATERAL is not supported"),
    ("select * from t tablesample system (10)", 'at or near "tablesample"'),
    ("select id from t for update", "FOR UPDATE/SHARE is not supported"),
    ("select array[1,2]", r'at or near "\["'),
    ("select '{}'::jsonb", 'unsupported type "jsonb"'),
    ("select cast('x' as uuid)", 'unsupported type "uuid"'),
    ("select '{1}'::int[]", "array types are not supported"),
    ("select a->>'x' from t", "operator does not exist: ->>"),
    ("select a->'x' from t", "operator does not exist: ->"),
    ("select a @> 'x' from t", "operator does not exist: @>"),
    ("select string_agg(a, ',') from t", r"function string_agg\(\) does not exist"),
    ("select array_agg(a) from t", r"function array_agg\(\) does not exist"),
    ("select gen_random_uuid()", r"function gen_random_uuid\(\) does not exist"),
    ("select to_jsonb(a) from t", r"function to_jsonb\(\) does not exist"),
    ("select format('%s', a) from t", r"function format\(\) does not exist"),
    ("select pg_sleep(1)", r"function pg_sleep\(\) does not exist"),
    ("select nextval('s')", r"function nextval\(\) does not exist"),
    ("select regexp_matches(a, 'x') from t", r"function regexp_matches\(\) does not exist"),
    ("select unnest(a) from t", r"function unnest\(\) does not exist"),
    ("select pg_advisory_lock(1)", r"function pg_advisory_lock\(\) does not exist"),
    ("select a is distinct from 'x' from t", 'at or near "distinct"'),
    ("select a is not distinct from 'x' from t", 'at or near "distinct"'),
    ("select id from t except all select id from u", "EXCEPT ALL is not supported"),
    ("select id from t intersect all select id from u", "INTERSECT ALL is not supported"),
    ("select * from (values (1), (2)) x", 'at or near "values"'),
    ("values (1)", 'at or near "values"'),
    ("with x as materialized (select 1) select * from x", 'at or near "materialized"'),
    ("with x as (select 1) insert into t select * from x", "WITH clause is only supported in front of SELECT"),
    ("with x as (delete from t) select 1", "a WITH clause may hold SELECT only"),
    ("savepoint a", "SAVEPOINT is not supported"),
    ("rollback to savepoint a", "ROLLBACK TO SAVEPOINT is not supported"),
    ("do $$ begin end $$", 'at or near "do"'),
    ("listen x", 'at or near "listen"'),
    ("notify x", 'at or near "notify"'),
    ("reindex table t", 'at or near "reindex"'),
    ("cluster t", 'at or near "cluster"'),
    ("copy t from stdin", 'at or near "stdin"'),
    ("copy t to stdout", 'at or near "to"'),
    ("copy (select 1) to stdout", r'at or near "\("'),
    ("truncate t cascade", 'at or near "cascade"'),
    ("truncate t, u", 'at or near ","'),
    ("set no_such_setting to 1", "unrecognized configuration parameter"),
    ("merge into t x using u on x.id = u.id when matched then delete when not matched then insert values (u.id, u.a)",
     'takes no alias|at or near "x"'),
    (f"merge into t using (select 1 as id) u on t.id = u.id when matched then delete {INSERT}", "not a subquery"),
    ("merge into t using u on t.id = u.id when matched then delete", "exactly one WHEN MATCHED"),
    ("merge into t using u on t.id = u.id when not matched then insert values (u.id, u.a) when matched then delete",
     "exactly one WHEN MATCHED"),
    (f"merge into t using u on t.id = u.id when matched and u.id > 1 then delete {INSERT}", 'at or near "and"'),
    ("merge into t using t on t.id = t.id when matched then delete when not matched then insert values (1, 'x')",
     "can't be the same table"),
    ("merge into t using v on t.id = v.id when matched then delete when not matched then insert values (v.id, 'x')",
     "not a view"),
    ("merge into t using u on t.id = u.id when matched then do nothing when not matched then insert values (1, 'x')",
     'at or near "DO"'),
    (f"merge into t using n u on t.id = u.id when matched then update set a = u.s.x {INSERT}", "Partial reference"),
]  # fmt: skip


@pytest.fixture
def tables(client: Any) -> Any:
    client.run("create table t (id int, a varchar(10)) distkey(id)")
    client.run("create table u (id int, a varchar(10))")
    client.run("create table n (id int, s super)")
    client.run("create view v as select id from u")
    return client


def test_every_refusal_has_its_own_reason_and_the_session_lives_on(tables: Any) -> None:
    for statement, message in REFUSED:
        tables.refused(statement, f"(?i){message}")
        assert tables.value("select 1") == 1, statement


@pytest.mark.parametrize(("statement", "message"), REFUSED, ids=[statement[:60] for statement, _ in REFUSED])
def test_a_statement_of_postgresql_only_is_refused(statement: str, message: str, refusing: Any) -> None:
    refusing.refused(statement, f"(?i){message}")


@pytest.fixture(scope="module")
def refusing(warehouse: Any) -> Any:
    """One connection for all of them: a refusal leaves nothing behind."""
    connection = warehouse.open("psycopg2")
    for statement in (
        "create table t (id int, a varchar(10)) distkey(id)",
        "create table u (id int, a varchar(10))",
        "create table n (id int, s super)",
        "create view v as select id from u",
    ):
        connection.run(statement)
    yield connection
    connection.close()


def test_a_refused_statement_aborts_the_transaction_it_is_in(client: Any) -> None:
    client.begin()
    client.run("create table kept (id int)")
    with pytest.raises(Exception, match="conflict"):
        client.run("insert into kept values (1) on conflict do nothing")
    with pytest.raises(Exception, match="current transaction is aborted"):
        client.run("create index i on kept (id)")
    client.rollback()
    assert client.value("select count(*) from svv_tables where table_name = 'kept'") == 0


def test_words_in_strings_comments_and_names_are_not_refused(client: Any) -> None:
    assert client.value("select 'on conflict returning' /* do nothing */ -- create index") == "on conflict returning"
    client.run('create table "returning" ("tag" int)')
    client.run('insert into "returning" ("tag") values (1)')
    assert client.run('select "tag" from "returning"') == [(1,)]
