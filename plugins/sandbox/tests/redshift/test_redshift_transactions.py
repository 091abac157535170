"""Transactions, MERGE, and writers that meet."""

from __future__ import annotations

import threading
from typing import Any

import pytest

MERGE = (
    "merge into t using s on t.id = s.id when matched then update set v = s.v, n = s.n"
    " when not matched then insert (id, v, n) values (s.id, s.v, s.n)"
)


@pytest.fixture
def merging(client: Any) -> Any:
    client.run("create table t (id int, v varchar(9), n int)")
    client.run("insert into t values (1, 'old', 1), (2, 'keep', 2)")
    client.run("create temp table s (like t)")
    client.run("insert into s values (1, 'new', 10), (3, 'ins', 30)")
    return client


def test_merge_updates_what_matches_and_inserts_the_rest(merging: Any) -> None:
    merging.run(MERGE)
    assert merging.run("select * from t order by id") == [(1, "new", 10), (2, "keep", 2), (3, "ins", 30)]


def test_merge_refuses_two_source_rows_for_one_target_row(merging: Any) -> None:
    merging.run("insert into s values (1, 'dup', 11)")
    merging.refused(MERGE, "Found multiple matches to update the same tuple")


def test_merge_remove_duplicates_replaces_whole_rows(merging: Any) -> None:
    merging.run("insert into s values (3, 'ins', 30)")
    merging.run("merge into t using s on t.id = s.id remove duplicates")
    assert merging.run("select * from t order by id") == [(1, "new", 10), (2, "keep", 2), (3, "ins", 30)]


def test_merge_takes_bind_parameters(merging: Any) -> None:
    merging.run(MERGE.replace("v = s.v", "v = %s"), "bound")
    assert merging.value("select v from t where id = 1") == "bound"


def test_ddl_and_data_roll_back_together(client: Any) -> None:
    client.run("create table t (id int)")
    client.begin()
    client.run("insert into t values (1)")
    client.run("create table u (id int)")
    client.rollback()
    assert client.value("select count(*) from t") == 0
    assert client.value("select count(*) from svv_tables where table_name = 'u'") == 0


def test_truncate_commits_the_transaction(client: Any) -> None:
    client.run("create table t (id int)")
    client.run("create table u (id int)")
    client.begin()
    client.run("insert into u values (9)")
    client.run("truncate t")
    client.rollback()
    assert client.value("select count(*) from u") == 1


@pytest.mark.parametrize("statement", ["alter table t alter column v type varchar(10)", "vacuum t"])
def test_some_commands_do_not_run_inside_a_transaction(client: Any, statement: str) -> None:
    client.run("create table t (v varchar(5))")
    client.begin()
    client.run("select 1")
    with pytest.raises(Exception, match="cannot run inside a transaction block"):
        client.run(statement)
    client.rollback()
    client.run(statement)


def test_a_second_writer_of_a_table_waits_for_the_first(one_client: Any, clients: Any) -> None:
    one_client.run("create table t (id int, n int)")
    one_client.run("insert into t values (1, 0), (2, 0)")
    first, second = clients(), clients()
    first.begin()
    second.begin()
    first.run("update t set n = n + 1 where id = 1")
    done = threading.Event()

    def write() -> None:
        second.run("update t set n = n + 1 where id = 2")
        second.commit()
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert not done.wait(0.3)  # another row, but the same table
    first.commit()
    thread.join(10)
    assert one_client.run("select n from t order by id") == [(1,), (1,)]


def test_a_writer_whose_snapshot_is_older_fails_with_1023(one_client: Any, clients: Any) -> None:
    one_client.run("create table t (id int, n int)")
    one_client.run("insert into t values (1, 0)")
    first, second = clients(), clients()
    for client in (first, second):
        client.begin()
        client.run("select * from t")  # the snapshot is taken here
    first.run("update t set n = 1")
    first.commit()
    with pytest.raises(Exception, match="1023") as failure:
        second.run("update t set n = 2")
    assert "Serializable isolation violation on table" in str(failure.value)
    second.rollback()
    second.begin()
    second.run("update t set n = n + 1")  # again from the start
    second.commit()
    assert one_client.value("select n from t") == 2


def test_snapshots_are_taken_per_transaction(one_client: Any, clients: Any) -> None:
    one_client.run("create table t (id int)")
    reader = clients()
    reader.begin()
    assert reader.value("select count(*) from t") == 0
    one_client.run("insert into t values (1)")
    assert reader.value("select count(*) from t") == 0
    reader.commit()
    assert reader.value("select count(*) from t") == 1
