"""DDL, types, names, functions, settings, the catalog."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

LONG = "account_overview__" + "nested_" * 14 + "value"  # 121 bytes: fine in Redshift, too long for PostgreSQL


def test_a_table_has_at_most_1600_columns(client: Any) -> None:
    columns = ", ".join(f"c{number} int" for number in range(1601))
    client.refused(f"create table z ({columns})", "1600")


def test_names_may_have_127_bytes(client: Any) -> None:
    client.refused(f'create table y ("{"x" * 128}" int)', "127")
    client.run(f'create table "{LONG}" (id int, "{LONG}_a" varchar(9))')
    client.run(f'insert into "{LONG}" values (1, %s)', "v")
    cursor = client.connection.cursor()
    cursor.execute(f'select * from "{LONG}"')
    names = [name.decode() if isinstance(name, bytes) else name for name, *_ in cursor.description]
    cursor.close()
    assert names == ["id", LONG + "_a"]
    found = client.run("select table_name, column_name from svv_columns where table_schema = current_schema()")
    assert (LONG, LONG + "_a") in found


def test_names_fold_to_lower_case_even_in_quotes(client: Any) -> None:
    client.run('create table "MixedCase" ("userId" int)')
    assert client.value("select count(*) from mixedcase where userid is null") == 0
    client.refused('alter table mixedcase add column "USERID" int', "already exists")
    client.run("set enable_case_sensitive_identifier to true")
    client.run('create table cs ("userId" int, "userid" int)')
    client.run("reset enable_case_sensitive_identifier")


def test_keys_are_recorded_and_not_enforced(client: Any) -> None:
    client.run(
        "create table t (id int primary key, a int unique, b int, constraint named foreign key (b) references t (id))"
    )
    client.run("insert into t values (1, 1, 9), (1, 1, 9)")
    assert client.value("select count(*) from t") == 2
    client.refused("insert into t(id) values (null)", "null")


def test_varchar_counts_bytes(client: Any) -> None:
    client.run("create table t (a varchar(4), b text, c char(3))")
    client.run("insert into t(a) values ('éé')")
    client.refused("insert into t(a) values ('éé1')", "too long")
    client.refused("update t set a = 'ééé'", "too long")
    client.refused(f"insert into t(b) values ('{'x' * 257}')", "too long")  # TEXT is VARCHAR(256)
    client.refused("insert into t(c) values ('é')", "too long")
    assert client.value("select len('" + "x" * 300 + "'::varchar)") == 300  # 256 is for columns, not for casts


def test_a_bare_numeric_has_no_fraction(client: Any) -> None:
    client.run("create table t (n numeric, m decimal(10, 2))")
    client.run("insert into t values (1.6, 1.005)")
    assert client.run("select n, m from t") == [(Decimal(2), Decimal("1.01"))]


def test_literals_know_backslashes(client: Any) -> None:
    assert client.value(r"select len('a\\b')") == 3
    assert client.value(r"select 'a\'b'") == "a'b"


def test_functions_of_redshift(client: Any) -> None:
    sql = "select datediff(day, '2026-01-01 23:59:00'::timestamp, '2026-01-02 00:01:00'::timestamp)"
    assert client.value(sql) == 1  # boundaries, not whole days
    assert client.value("select dateadd(month, 1, '2026-01-31'::timestamp)::date::varchar") == "2026-02-28"
    assert client.run("select nvl(null, 2), nvl2(1, 'a', 'b'), len('héé'), charindex('b', 'abc')") == [(2, "a", 3, 2)]
    assert client.value("select decode(2, 1, 'one', 2, 'two', 'many')") == "two"
    assert len(client.run("select getdate(), sysdate, convert_timezone('UTC', 'America/New_York', getdate())")[0]) == 3


def test_rounding_keeps_the_type(client: Any) -> None:
    client.run("create table t (f float8, n numeric(10, 3), b bigint, i int)")
    client.run("insert into t values (2.675, 2.675, 123456789012345678, 1250)")
    assert client.run("select round(f, 1), round(n, 2), round(b, -2), round(i, -2) from t") == [
        (2.7, Decimal("2.68"), 123456789012345700, 1300)
    ]
    assert client.run("select trunc(f, 2), trunc(n, 1)::numeric(10, 1), trunc(b, -2) from t") == [
        (2.67, Decimal("2.6"), 123456789012345600)
    ]
    assert isinstance(client.value("select round(f, 2) from t"), float)
    assert client.value("select round(null::float8, 2)") is None


def test_the_first_day_of_a_period_is_a_timestamp_without_a_zone(client: Any) -> None:
    assert client.value("select date_trunc('month', '2026-02-15'::date)") == datetime(2026, 2, 1)  # noqa: DTZ001 - it has none


def test_every_column_has_the_default_that_it_was_given(client: Any) -> None:
    client.run(
        "create table t (id int default 5, name varchar(9) default ('a' || ','), at timestamp default getdate())"
    )
    client.run("insert into t default values")
    client.run("insert into t (id, name) values (default, 'x')")
    client.run("update t set name = default where name = 'x'")
    assert client.run("select id, name from t where at <= getdate()") == [(5, "a,"), (5, "a,")]
    client.run("alter table t add column n numeric(5, 2) default 0.5 not null")
    assert client.run("select distinct n from t") == [(Decimal("0.50"),)]


def test_updates_and_deletes_join_other_tables(client: Any) -> None:
    client.run("create table t (id int, name varchar(9))")
    client.run("create table s (id int, name varchar(9))")
    client.run("insert into t values (1, 'a'), (2, 'b')")
    client.run("insert into s values (1, 'x'), (2, 'y')")
    client.run("update t set name = s.name from s where t.id = s.id")
    client.run("delete from t using s where t.id = s.id and s.name = 'y'")
    assert client.run("select * from t") == [(1, "x")]


def test_forms_of_select_that_postgresql_lacks(client: Any) -> None:
    client.run("create table t (g int, v varchar(5), o int)")
    client.run("insert into t values (1, 'b', 2), (1, 'a', 1), (2, 'c', 1)")
    listed = client.run("select g, listagg(v, ', ') within group (order by o) from t group by g order by g")
    assert listed == [(1, "a, b"), (2, "c")]
    latest = "select v from t qualify row_number() over (partition by g order by o desc) = 1 order by v"
    assert client.run(latest) == [("b",), ("c",)]
    assert client.run("select top 1 v from t order by v desc") == [("c",)]
    assert client.run("select v from t minus select 'a' order by 1") == [("b",), ("c",)]
    assert client.value("select approximate count(distinct g) from t") == 2
    client.run("delete t where o = 2")  # FROM is optional
    assert client.value("select count(*) from t") == 2


def test_super_values_are_navigated(client: Any) -> None:
    client.run("create table t (id int, s super)")
    client.run("""insert into t select 1, json_parse('{"a": {"b": [10, {"c": "x"}]}, "n": 1.5, "name": "Ann"}')""")
    assert client.value("select s.a.b[1].c::varchar from t") == "x"
    assert client.value("select t.s.n::numeric(5,2) from t") == Decimal("1.50")
    assert client.value("select s.a.b[0]::int from t x") == 10
    assert client.value("select s.no.such.thing from t") is None
    assert client.value("select id from t where s.name = 'Ann'") == 1
    assert client.value("select get_array_length(s.a.b) from t") == 2
    assert client.value("select json_serialize(s.a.b) from t") == '[10,{"c":"x"}]'
    assert client.value("select json_typeof(s.a) from t") == "object"
    client.refused("select json_parse('{bad')", "Invalid JSON")
    assert client.value("select can_json_parse('{bad')") is False


def test_alter_table_widens_varchar_within_redshifts_rules(client: Any) -> None:
    client.run("create table t (v varchar(5))")
    client.run("insert into t values ('12345')")
    client.run("alter table t alter column v type varchar(10)")
    client.run("insert into t values ('1234567890')")
    client.refused("alter table t alter column v type varchar(9)", "target column size should be")
    client.refused("insert into t values ('12345678901')", "too long")
    client.run("create table d (v varchar(5) default 'x', k varchar(5) primary key, e varchar(5) encode bytedict)")
    for column, reason in (("v", "default"), ("k", "constraint"), ("e", "bytedict")):
        client.refused(f"alter table d alter column {column} type varchar(10)", reason)


def test_a_renamed_column_keeps_its_limit_and_properties(client: Any) -> None:
    client.run("create table t (a varchar(3) encode zstd, k int) distkey(k) sortkey(k)")
    client.run("alter table t rename column a to b")
    client.run("alter table t rename column k to key")
    client.run("alter table t alter column b type varchar(6)")
    client.run("insert into t(b) values ('ééé')")
    client.refused("insert into t(b) values ('éééé')", "too long")
    client.run("alter table t add column a varchar(2) encode zstd default 'x'")
    client.run("alter table t rename to t2")
    client.run("create table t3 (like t2 including defaults)")
    client.refused("insert into t3(b) values ('éééé')", "too long")
    sql = "select \"column\", encoding, distkey, sortkey from pg_table_def where tablename = 't3' order by 1"
    assert client.run(sql) == [("a", "zstd", False, 0), ("b", "zstd", False, 0), ("key", "none", True, 1)]


def test_the_catalog_shows_tables_as_redshift_does(client: Any) -> None:
    client.run(
        "create table t (id bigint encode az64, at timestamp, v varchar(300) encode zstd, s super, n numeric(10, 2),"
        " constraint pk primary key (id)) diststyle key distkey(id) compound sortkey(at, id)"
    )
    client.run("insert into t(id) values (1)")
    info = 'select "table", diststyle, sortkey1, max_varchar, sortkey_num, tbl_rows::int from svv_table_info'
    assert client.run(f"{info} where schema = current_schema()") == [("t", "KEY(id)", "at", 300, 2, 1)]
    defined = "select \"column\", type, encoding, distkey, sortkey from pg_table_def where tablename = 't'"
    assert client.run(defined)[0] == ("id", "bigint", "az64", True, 2)
    columns = client.run(
        "select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale from svv_columns"
        " where table_schema = current_schema() and table_name = 't' order by ordinal_position"
    )
    assert columns[2:] == [
        ("v", "character varying", 300, None, None),
        ("s", "super", None, None, None),
        ("n", "numeric", None, 10, 2),
    ]
    client.run("alter table t drop column v")
    places = "select column_name, ordinal_position from svv_columns where table_schema = current_schema() order by 2"
    assert client.run(places) == [("id", 1), ("at", 2), ("s", 3), ("n", 4)]
    client.run("create table c diststyle even sortkey(id) as select id, 'x' as lit from t")
    kinds = dict(client.run("select column_name, data_type from svv_columns where table_name = 'c'"))
    assert kinds["lit"] == "character varying"
    assert client.value("select count(*) from stv_slices") >= 1


def test_views_grants_and_comments_pass(client: Any) -> None:
    client.run("create table t (id int)")
    client.run("create or replace view vw as select id from t with no schema binding")
    client.run("comment on table t is 'hello'")
    client.run("grant select on all tables in schema dif_sandbox_test to public")
    assert client.run("select * from vw") == []


def test_varbyte_comes_as_hexadecimal_digits(client: Any) -> None:
    client.run("create table t (b varbyte(10), v varchar(9))")
    client.run("insert into t values ('abc'::varbyte, 'x'), (null, null)")
    shown = client.value("select b from t where v = 'x'")
    assert shown in ("abc", "616263")  # redshift_connector decodes it
    assert client.value("select b from t where v is null") is None


def test_a_table_whose_name_starts_with_a_number_sign_is_temporary(client: Any) -> None:
    client.run("create table #t as select 1 as a")
    assert client.value("select a from #t") == 1
    assert client.value("select add_months('2026-01-31'::timestamp, 1)::date::varchar") == "2026-02-28"
    assert client.value("select strtol('ff', 16)") == 255


def test_a_table_that_is_made_of_a_query_is_known_to_the_planner(client: Any) -> None:
    digits = "(select 0 as n" + "".join(f" union all select {digit}" for digit in range(1, 10)) + ")"
    client.run(f"create table c as select a.n from {digits} a cross join {digits} b cross join {digits} d")
    assert "rows=1000 " in "\n".join(row[0] for row in client.run("explain select n from c"))


def test_settings_are_kept_for_the_session(client: Any) -> None:
    client.run("set query_group to 'dif run'")
    assert client.value("show query_group") == "dif run"
    client.run("reset query_group")
    assert client.value("show query_group") == "default"
    client.run("set statement_timeout to 60000")


def test_maintenance_commands_answer(client: Any) -> None:
    client.run("create table t (id int)")
    client.run("vacuum full t to 99 percent")
    client.run("analyze t")
    client.run("create table u (id int)")
    client.run("alter table t append from u")
    client.run("alter table t alter sortkey (id)")
    client.run("alter table t alter distkey id")
    assert client.value("select diststyle from svv_table_info where \"table\" = 't'") == "KEY(id)"


def test_several_statements_of_one_message_are_one_transaction(clients: Any) -> None:
    client = clients("psycopg2")
    client.run("drop table if exists ms")
    with pytest.raises(Exception, match="conflict"):
        client.run(
            "create table ms (id int); insert into ms values (1); insert into ms values (1) on conflict do nothing"
        )
    assert client.value("select count(*) from svv_tables where table_name = 'ms'") == 0


def test_what_the_sandbox_lacks_it_says_and_never_leaves_out(sandbox: Any, one_client: Any) -> None:
    one_client.run("create table t (id int, name varchar(9))")
    one_client.refused("select * from t pivot (count(*) for name in ('x', 'y'))", "the sandbox has no PIVOT")
    one_client.refused("select id from t qualify row_number() over (", "syntax error")
    assert one_client.value("select 1") == 1


def test_sysdate_has_microseconds_where_getdate_has_whole_seconds(client: Any) -> None:
    client.run("create table t (whole timestamp, exact timestamp)")
    client.run("insert into t values (getdate(), sysdate)")
    assert client.value("select whole = date_trunc('second', exact) from t")
    assert client.value("select whole = date_trunc('second', whole) from t")


def test_a_session_is_seen_with_its_start(client: Any) -> None:
    assert client.run("select db_name, starttime <= sysdate from stv_sessions where process = pg_backend_pid()") == [
        ("dev".ljust(50), True)
    ]


def test_a_right_is_granted_to_a_role_by_that_word(client: Any) -> None:
    client.run("create table t (id int)")
    client.run('create role "reading"')
    try:
        client.run('grant select on t to role "reading"')
        assert client.value("select has_table_privilege('reading', 't', 'select')")
        client.run('revoke select on t from role "reading"')
        assert not client.value("select has_table_privilege('reading', 't', 'select')")
    finally:
        client.run("drop role reading")


def test_comments_are_remarks(client: Any) -> None:
    client.run("create table t (id int)")
    client.run("comment on table t is 'what it is'")
    client.run("comment on column t.id is 'its number'")
    assert client.value("select remarks from svv_tables where table_name = 't'") == "what it is"
    assert client.value("select remarks from svv_columns where table_name = 't'") == "its number"
