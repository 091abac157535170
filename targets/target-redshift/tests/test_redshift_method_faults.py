"""I1, I2: a connection lost around COMMIT leaves each row once, whatever else the transaction withdraws or notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.delivery import Receipt, Window
from dif_kit.target import ColumnKind
from dif_sandbox.proxy import Fault, FaultProxy, Kind
from target_redshift import _session

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.slow

INTEGER, TEXT, DATE = ColumnKind.INTEGER, ColumnKind.TEXT, ColumnKind.DATE
REPORT = {"day": DATE, "ad": TEXT, "clicks": INTEGER}
NOVEMBER = [Window({}, "2026-11-01", "2026-11-30")]
BEFORE = [["2026-11-01", "a", "1"], ["2026-11-02", "withdrawn", "2"], ["2026-10-01", "kept", "3"]]
AFTER: list[list[str | None]] = [["2026-11-01", "a", "10"], ["2026-11-03", "new", "4"]]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_session, "FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture(params=[Kind.DROP_BEFORE, Kind.LOST_ANSWER], ids=["before", "after"])
def cut(request: pytest.FixtureRequest, proxy: FaultProxy) -> Iterator[Fault]:
    """The connection is cut before COMMIT, or after it and before its answer.

    The first COMMIT takes the fence, the second is the load's.
    """
    fault = Fault(request.param, match="^COMMIT", skip=1)
    proxy.inject(fault)
    yield fault
    assert fault.broken == 1, "the fault was never met"
    proxy.inject()


def report(shop: Shop, rows: list[list[str | None]], run_id: str, **facts: Any) -> Any:
    facts = {"keys": ("day", "ad"), "bookmarks": ("day",), **facts}
    return shop.unit(REPORT, rows, stream="report", run_id=run_id, **facts)


@pytest.mark.parametrize("keys", [("day", "ad"), ()], ids=["with keys", "without"])
def test_replaced_days_hold_each_row_once(shop: Shop, proxy: FaultProxy, cut: Fault, keys: tuple[str, ...]) -> None:
    shop.deliver(report(shop, BEFORE, "run-1", keys=keys), load_method="replace")
    unit = report(shop, AFTER, "run-2", keys=keys, windows=NOVEMBER)
    shop.deliver(unit, load_method="replace", port=proxy.port)
    assert [clicks for _, _, clicks in shop.rows("report", *REPORT)] == [3, 10, 4]
    assert shop.rows("_dif_deliveries", "run_id") == [("run-1",), ("run-2",)]


def test_an_overwritten_table_holds_each_row_once(shop: Shop, proxy: FaultProxy, cut: Fault) -> None:
    shop.deliver(report(shop, BEFORE, "run-1", keys=()))
    unit = report(shop, AFTER, "run-2", keys=(), bookmarks=())
    destination = shop.destination(load_method="overwrite", port=proxy.port)
    destination.prepare(unit.schema)
    destination.deliver([unit])
    destination.finish(Receipt("run-2", complete=True))
    destination.close()
    assert [clicks for _, _, clicks in shop.rows("report", *REPORT)] == [10, 4]


def test_an_emptied_table_is_empty(shop: Shop, proxy: FaultProxy, cut: Fault) -> None:
    unit = report(shop, BEFORE, "run-1", bookmarks=())
    shop.deliver(unit)
    destination = shop.destination(load_method="overwrite", port=proxy.port)
    destination.prepare(unit.schema)
    destination.finish(Receipt("run-2", complete=True))
    destination.close()
    assert shop.rows("report", "ad") == []


def test_a_record_put_aside_is_noted_once(shop: Shop, proxy: FaultProxy, cut: Fault) -> None:
    entries = [{"line": 7, "reason": "bad", "raw": "{}"}]
    shop.deliver(report(shop, AFTER, "run-1", keys=(), quarantined=entries), port=proxy.port)
    assert shop.rows("_dif_quarantine", "line") == [(7,)]
    assert len(shop.rows("report", "ad")) == 2


@pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
def test_an_activated_version_leaves_its_rows_once(shop: Shop, proxy: FaultProxy, cut: Fault, hard: bool) -> None:
    shop.deliver(report(shop, BEFORE, "run-1", keys=()))
    unit = report(shop, AFTER, "run-2", keys=(), version=2)
    shop.deliver(unit, hard_delete=hard, port=proxy.port)
    live = "" if hard else " WHERE _sdc_deleted_at IS NULL"
    assert shop.query("SELECT COUNT(*) FROM {s}.report" + live) == [(0,)], "none of these rows has a version"
    assert shop.query("SELECT COUNT(*) FROM {s}.report") == [(0 if hard else 5,)]
    assert len(shop.rows("_dif_deliveries", "run_id")) == 2
