"""I1, I2: whatever breaks between target and warehouse, every row is there once, or the delivery says it is not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.errors import DeliveryError
from dif_kit.target import ColumnKind
from target_redshift import _session
from target_redshift._connection import Warehouse
from target_redshift._failures import ConnectionLost, Refused

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.slow

ORDER = {"id": ColumnKind.INTEGER, "name": ColumnKind.TEXT}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_session, "FIRST_PAUSE_SECONDS", 0.01)


class Breaker:
    """Breaks the first statements that match, before or after the warehouse has carried them out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.before: dict[str, Exception] = {}
        self.after: dict[str, Exception] = {}
        self.broken: list[str] = []
        send = Warehouse._send

        def broken(warehouse: Warehouse, sql: str, take: Any) -> Any:
            self._break(warehouse, sql, self.before)
            answer = send(warehouse, sql, take)
            self._break(warehouse, sql, self.after)
            return answer

        monkeypatch.setattr(Warehouse, "_send", broken)

    def _break(self, warehouse: Warehouse, sql: str, faults: dict[str, Exception]) -> None:
        for word in faults:
            if sql.startswith(word):
                self.broken.append(word)
                failure = faults.pop(word)
                if isinstance(failure, ConnectionLost):
                    warehouse.close()
                raise failure


@pytest.fixture
def breaker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Breaker]:
    breaker = Breaker(monkeypatch)
    yield breaker
    assert not {**breaker.before, **breaker.after}, "a fault was never met"


def test_a_unit_that_is_delivered_again_is_loaded_once(shop: Shop) -> None:
    unit = shop.unit(ORDER, [["1", "a"]], keys=())
    shop.deliver(unit)
    shop.deliver(unit)
    shop.deliver(unit, shop.unit(ORDER, [["2", "b"]], keys=(), number=1))
    assert shop.rows("orders", "id") == [(1,), (2,)]
    assert len(shop.rows("_dif_deliveries", "delivery_id")) == 2


def test_equal_run_ids_of_two_taps_do_not_hide_a_unit(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "a"]]))
    shop.deliver(shop.unit(ORDER, [["2", "b"]], tap="tap-other"), share_tables=True)
    assert shop.rows("orders", "id") == [(1,), (2,)]


STATEMENTS = ["SELECT nspname", "CREATE SCHEMA", "CREATE TABLE", "CREATE TEMPORARY", "COPY", "SELECT COUNT", "BEGIN",
              "LOCK", "INSERT INTO", "COMMIT"]  # fmt: skip


@pytest.mark.parametrize("word", STATEMENTS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_lost_at_any_statement_neither_loses_nor_repeats_a_row(
    shop: Shop, breaker: Breaker, word: str, when: str
) -> None:
    getattr(breaker, when)[word] = ConnectionLost("cut")
    shop.deliver(shop.unit(ORDER, [["1", "a"], ["2", "b"]], keys=()))
    assert shop.rows("orders", "id") == [(1,), (2,)]
    assert len(shop.rows("_dif_deliveries", "delivery_id")) == 1


def test_a_session_ended_by_the_warehouse_is_opened_again(shop: Shop) -> None:
    destination = shop.destination()
    unit = shop.unit(ORDER, [["1", "a"]])
    destination.prepare(unit.schema)
    shop.end_sessions()
    destination.deliver([unit])
    destination.close()
    assert shop.rows("orders", "id") == [(1,)]


CONFLICTS = [
    Refused(
        "XX000", "1023", "Serializable isolation violation on table - 1234, transactions forming the cycle are: 1, 2"
    ),
    Refused("40001", "could not serialize access due to concurrent update", ""),
    Refused("40P01", "deadlock detected", ""),
]


@pytest.mark.parametrize("conflict", CONFLICTS, ids=lambda conflict: conflict.state)
@pytest.mark.parametrize("word", ["INSERT", "COMMIT"])
def test_a_conflict_with_another_session_is_repeated_whole(
    shop: Shop, breaker: Breaker, conflict: Refused, word: str
) -> None:
    breaker.before[word] = conflict
    shop.deliver(shop.unit(ORDER, [["1", "a"]]))
    assert shop.rows("orders", "id", "name") == [(1, "a")]
    assert breaker.broken == [word]


def test_s3_that_is_busy_is_asked_again(shop: Shop, breaker: Breaker) -> None:
    breaker.before["COPY"] = Refused(
        "XX000", "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown", ""
    )
    shop.deliver(shop.unit(ORDER, [["1", "a"]]))
    assert shop.rows("orders", "id") == [(1,)]


def test_repeating_ends_with_one_line_that_names_the_warehouse(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.deliver(shop.unit(ORDER, []))

    def lost(*_: object) -> None:
        raise ConnectionLost("broken pipe")

    destination = shop.destination()
    monkeypatch.setattr(Warehouse, "_send", lost)
    with pytest.raises(DeliveryError) as caught:
        destination.deliver([shop.unit(ORDER, [["1", "a"]], run_id="run-2")])
    destination.close()
    config = shop.config()
    assert f"{config['host']}:{config['port']}, database 'dev'" in str(caught.value)
    assert "the connection was lost: broken pipe, tried 6 times" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_load_waits_for_a_lost_session_that_still_writes_the_same_unit(shop: Shop) -> None:
    """A session that nobody listens to any more may still commit: the repetition must not add its rows again."""
    unit = shop.unit(ORDER, [["1", "a"]], keys=())
    shop.deliver(shop.unit(ORDER, [], keys=(), run_id="run-0"))
    shop.execute("BEGIN")
    shop.execute("LOCK TABLE {s}._dif_lock")
    again = threading.Thread(target=shop.deliver, args=(unit,))
    again.start()
    shop.wait_for_lock()
    shop.execute("INSERT INTO {s}.orders (id, name) VALUES (1, 'a')")
    shop.execute(f"INSERT INTO {{s}}._dif_deliveries (manifest_url) VALUES ('{unit.manifest.url}')")
    shop.execute("COMMIT")
    again.join(60)
    assert not again.is_alive()
    assert shop.rows("orders", "id") == [(1,)]


def test_runs_at_the_same_time_come_one_after_the_other(shop: Shop) -> None:
    rows = [[str(number), "x"] for number in range(20)]
    units = [shop.unit(ORDER, rows, run_id=f"run-{number}", tap=f"tap-{number}") for number in range(4)]
    failures: list[Exception] = []

    def run(unit: Any) -> None:
        try:
            shop.deliver(unit, tap=unit.manifest.tap, share_tables=True)
        except Exception as failure:  # noqa: BLE001 - shown by the test itself
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(unit,)) for unit in units]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert shop.query("SELECT COUNT(*), COUNT(DISTINCT id), MIN(_dif_run_id) FROM {s}.orders") == [(20, 20, "run-3")]
    assert len(shop.rows("_dif_deliveries", "run_id")) == 4


def test_a_lock_that_never_comes_free_ends_in_time(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, []))
    shop.execute("BEGIN")
    shop.execute("LOCK TABLE {s}._dif_lock")
    try:
        with pytest.raises(DeliveryError, match="timeout"):
            shop.deliver(shop.unit(ORDER, [["1", "a"]], run_id="run-2"), statement_timeout_seconds=1)
    finally:
        shop.execute("ROLLBACK")


def test_a_failed_stream_leaves_the_streams_before_it_loaded(shop: Shop, breaker: Breaker) -> None:
    good = shop.unit(ORDER, [["1", "a"]], stream="good")
    bad = shop.unit({"id": ColumnKind.INTEGER}, [["oops"]], stream="bad")
    with pytest.raises(DeliveryError, match="stream 'bad'"):
        shop.deliver(good, bad)
    assert shop.rows("good", "id") == [(1,)]
    assert shop.rows("bad", "id") == []
    assert shop.rows("_dif_deliveries", "stream") == [("good",)]


def test_a_session_ended_in_the_middle_of_its_transaction_is_made_good(shop: Shop) -> None:
    unit = shop.unit(ORDER, [["1", "a"]], keys=())
    shop.deliver(shop.unit(ORDER, [], keys=(), run_id="run-0"))
    shop.execute("BEGIN")
    shop.execute("LOCK TABLE {s}._dif_lock")
    load = threading.Thread(target=shop.deliver, args=(unit,))
    load.start()
    shop.wait_for_lock()
    shop.end_sessions()
    shop.execute("COMMIT")
    load.join(60)
    assert not load.is_alive()
    assert shop.rows("orders", "id") == [(1,)]
