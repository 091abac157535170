"""Which days were read stands in the warehouse, whether there were rows or not."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from dif_kit.delivery import Window
from dif_kit.target import ColumnKind

if TYPE_CHECKING:
    from conftest import Shop

REPORT = {"account": ColumnKind.TEXT, "day": ColumnKind.DATE, "clicks": ColumnKind.INTEGER}
REPORT_FACTS = {"stream": "report", "keys": ("account", "day"), "bookmarks": ("day",)}


def window(account: str, first: int, last: int) -> Window:
    return Window({"account": account}, f"2026-11-{first:02d}", f"2026-11-{last:02d}")


def test_covered_days_are_noted_with_the_delivery_even_without_a_row(shop: Shop) -> None:
    windows = [window("7", 1, 3), window("o'8", 2, 2)]
    shop.deliver(shop.unit(REPORT, [], windows=windows, **REPORT_FACTS))
    columns = ("delivery_id", "run_id", "client", "tap", "stream", "partition_keys", "first_day", "last_day")
    start = ("run-1/report/0", "run-1", shop.schema, "tap-shop", "report")
    assert shop.rows("_dif_windows", *columns) == [
        (*start, '{"account":"7"}', date(2026, 11, 1), date(2026, 11, 3)),
        (*start, '{"account":"o\'8"}', date(2026, 11, 2), date(2026, 11, 2)),
    ]
    assert shop.rows("_dif_windows", "finished_at") == shop.rows("_dif_deliveries", "finished_at") * 2


def test_a_unit_that_comes_again_notes_its_days_once(shop: Shop) -> None:
    unit = shop.unit(REPORT, [["7", "2026-11-01", "3"]], windows=[window("7", 1, 1)], **REPORT_FACTS)
    shop.deliver(unit)
    shop.deliver(unit)
    assert len(shop.rows("_dif_windows", "delivery_id")) == 1


def test_many_windows_are_all_noted(shop: Shop) -> None:
    shop.deliver(shop.unit(REPORT, [], windows=[window(str(each), 1, 1) for each in range(1203)], **REPORT_FACTS))
    assert shop.query("SELECT COUNT(*), COUNT(DISTINCT partition_keys) FROM {s}._dif_windows") == [(1203, 1203)]
