"""What stays and what goes: covered days, whole tables, versions."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.delivery import Receipt, Window
from dif_kit.errors import ConfigError, DeliveryError
from dif_kit.target import ColumnKind

if TYPE_CHECKING:
    from conftest import Shop

TEXT, INTEGER, DATE = ColumnKind.TEXT, ColumnKind.INTEGER, ColumnKind.DATE
REPORT = {"account": TEXT, "day": DATE, "ad": TEXT, "clicks": INTEGER}
ORDER = {"id": INTEGER, "name": TEXT}
VERSIONED = {**ORDER, "_sdc_table_version": INTEGER}
COMPLETE = Receipt("run-1", complete=True)


def report(shop: Shop, rows: list[list[str | None]], **facts: Any) -> Any:
    facts = {"stream": "report", "keys": ("account", "day", "ad"), "bookmarks": ("day",), **facts}
    return shop.unit(REPORT, rows, **facts)


def days(account: str | None, first: int, last: int) -> Window:
    return Window({"account": account}, f"2026-11-{first:02d}", f"2026-11-{last:02d}")


def clicks(shop: Shop) -> list[tuple[Any, ...]]:
    found = shop.query("SELECT account, day, ad, clicks FROM {s}.report ORDER BY 1, 2, 3")
    return [(account, day.day if isinstance(day, date) else day, ad, count) for account, day, ad, count in found]


@pytest.fixture
def first_day(shop: Shop) -> None:
    rows: list[list[str | None]] = [
        ["7", "2026-11-01", "a", "1"], ["7", "2026-11-02", "a", "2"], ["7", "2026-11-02", "b", "3"],
        ["7", "2026-11-03", "a", "4"], ["8", "2026-11-02", "a", "5"],
    ]  # fmt: skip
    shop.deliver(report(shop, rows), load_method="replace")


@pytest.mark.usefixtures("first_day")
def test_rows_that_a_provider_withdrew_disappear_from_covered_days_only(shop: Shop) -> None:
    unit = report(shop, [["7", "2026-11-02", "a", "20"]], run_id="run-2", windows=[days("7", 2, 3)])
    shop.deliver(unit, load_method="replace")
    assert clicks(shop) == [("7", 1, "a", 1), ("7", 2, "a", 20), ("8", 2, "a", 5)]


@pytest.mark.usefixtures("first_day")
def test_upsert_keeps_what_was_not_sent_again(shop: Shop) -> None:
    shop.deliver(report(shop, [["7", "2026-11-02", "a", "20"]], run_id="run-2", windows=[days("7", 1, 3)]))
    assert len(clicks(shop)) == 5


@pytest.mark.usefixtures("first_day")
def test_days_without_a_row_are_emptied(shop: Shop) -> None:
    shop.deliver(report(shop, [], run_id="run-2", windows=[days("7", 1, 3), days("8", 1, 1)]), load_method="replace")
    assert clicks(shop) == [("8", 2, "a", 5)]


@pytest.mark.usefixtures("first_day")
def test_rows_of_earlier_units_of_the_run_stay(shop: Shop) -> None:
    first = report(shop, [["7", "2026-11-02", "a", "20"]], run_id="run-2")
    began = first.manifest.first_sequence
    shop.deliver(first, load_method="replace")
    second = report(
        shop, [["7", "2026-11-03", "b", "30"]], run_id="run-2", number=1, windows=[days("7", 2, 3)],
        first_sequence=began,
    )  # fmt: skip
    shop.deliver(second, load_method="replace")
    assert clicks(shop) == [("7", 1, "a", 1), ("7", 2, "a", 20), ("7", 3, "b", 30), ("8", 2, "a", 5)]


def test_rows_without_keys_are_replaced_too(shop: Shop) -> None:
    row: list[list[str | None]] = [["7", "2026-11-01", "a", "1"]] * 2
    for run in ("run-1", "run-2"):
        shop.deliver(report(shop, row, keys=(), run_id=run, windows=[days("7", 1, 1)]), load_method="replace")
    assert clicks(shop) == [("7", 1, "a", 1)] * 2


def test_a_partition_without_a_value_and_a_great_many_of_them(shop: Shop) -> None:
    rows: list[list[str | None]] = [[None, "2026-11-01", "a", "1"], ["o'7", "2026-11-01", "a", "1"]]
    shop.deliver(report(shop, rows, keys=()), load_method="replace")
    windows = [days(None, 1, 1), days("o'7", 1, 1), *(days(str(number), 1, 1) for number in range(1200))]
    shop.deliver(report(shop, [], keys=(), run_id="run-2", windows=windows), load_method="replace")
    assert clicks(shop) == []


def test_a_stream_that_covers_no_days_is_upserted(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "a"], ["2", "b"]]), load_method="replace")
    shop.deliver(shop.unit(ORDER, [["2", "c"]], run_id="run-2"), load_method="replace")
    assert shop.rows("orders", "id", "name") == [(1, "a"), (2, "c")]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"bookmarks": ()}, "needs one bookmark property that is a date"),
        ({"bookmarks": ("clicks",)}, "needs one bookmark property that is a date"),
        ({"windows": [Window({"shop": 1}, "2026-11-01", "2026-11-01")]}, "needs the partition's 'shop'"),
    ],
)
def test_days_that_the_table_cannot_tell_are_refused(shop: Shop, facts: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        shop.deliver(report(shop, [], **({"windows": [days("7", 1, 1)]} | facts)), load_method="replace")


def test_the_first_pattern_that_fits_chooses_the_method(shop: Shop) -> None:
    methods = {"ord*": "append", "*": "upsert"}
    for run in ("run-1", "run-2"):
        units = [shop.unit(ORDER, [["1", run]], stream=stream, run_id=run) for stream in ("orders", "ads")]
        shop.deliver(*units, load_method="replace", load_methods=methods)
    assert shop.rows("orders", "name") == [("run-1",), ("run-2",)]
    assert shop.rows("ads", "name") == [("run-2",)]
    assert {method for (method,) in shop.rows("_dif_deliveries", "load_method")} == {"append", "upsert"}


def test_a_method_that_does_not_exist_is_named(shop: Shop) -> None:
    with pytest.raises(ConfigError, match="'ads' is 'merge'"):
        shop.destination(load_methods={"ads": "merge"})


def whole(shop: Shop, receipt: Receipt | None, *batches: list[Any], schema: Any = None) -> None:
    """One run that overwrites: a batch a checkpoint."""
    destination = shop.destination(load_method="overwrite")
    try:
        for unit in (unit for batch in batches for unit in batch):
            destination.prepare(unit.schema)
        if schema is not None:
            destination.prepare(schema)
        for batch in batches:
            destination.deliver(batch)
        destination.finish(receipt)
    finally:
        destination.close()


def test_an_overwrite_leaves_the_rows_of_all_checkpoints_and_nothing_else(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "old"], ["9", "gone"]], run_id="run-0"))
    first, second = shop.unit(ORDER, [["1", "a"], ["2", "b"]]), shop.unit(ORDER, [["2", "c"]], number=1)
    whole(shop, COMPLETE, [first], [second])
    assert shop.rows("orders", "id", "name") == [(1, "a"), (2, "c")]
    whole(shop, COMPLETE, [first], [second])
    assert shop.rows("orders", "id", "name") == [(1, "a"), (2, "c")]


def test_an_overwrite_keeps_views_that_hold_on_to_the_table(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "old"]], run_id="run-0"))
    shop.execute("CREATE VIEW {s}.names AS SELECT name FROM {s}.orders")
    whole(shop, COMPLETE, [shop.unit(ORDER, [["2", "new"]])])
    assert shop.rows("names", "name") == [("new",)]


def test_a_run_that_is_not_complete_overwrites_nothing(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "old"]], run_id="run-0"))
    whole(shop, Receipt("run-1"), [shop.unit(ORDER, [["2", "new"]])])
    with pytest.raises(DeliveryError, match="does not say whether it has sent all"):
        whole(shop, None, [shop.unit(ORDER, [["2", "new"]], run_id="run-2")])
    assert shop.rows("orders", "name") == [("old",)]


def test_a_complete_run_without_rows_empties_the_table(shop: Shop) -> None:
    unit = shop.unit(ORDER, [["1", "old"]], run_id="run-0")
    shop.deliver(unit)
    whole(shop, COMPLETE, schema=unit.schema)
    assert shop.rows("orders", "name") == []


def test_an_overwrite_of_a_stream_that_goes_on_from_a_bookmark_is_refused(shop: Shop) -> None:
    with pytest.raises(ConfigError, match="would lose the rows before its bookmark 'name'"):
        whole(shop, COMPLETE, [shop.unit(ORDER, [], bookmarks=("name",))])


@pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
def test_rows_of_older_versions_leave_when_one_is_activated(shop: Shop, hard: bool) -> None:
    shop.deliver(shop.unit(ORDER, [["0", "before versions"]], run_id="run-0"), hard_delete=hard)
    shop.deliver(shop.unit(VERSIONED, [["1", "a", "1"], ["2", "b", "1"]]), hard_delete=hard)
    shop.deliver(shop.unit(VERSIONED, [["2", "c", "2"]], run_id="run-2", version=2), hard_delete=hard)
    if hard:
        assert shop.rows("orders", "id", "name") == [(2, "c")]
    else:
        assert shop.query("SELECT id, name, _sdc_deleted_at IS NULL FROM {s}.orders ORDER BY id") == [
            (0, "before versions", False), (1, "a", False), (2, "c", True),
        ]  # fmt: skip


def test_a_deleted_row_that_comes_again_is_there_again(shop: Shop) -> None:
    shop.deliver(shop.unit(VERSIONED, [["1", "a", "1"]]))
    shop.deliver(shop.unit(VERSIONED, [], run_id="run-2", version=2))
    assert shop.query("SELECT COUNT(*) FROM {s}.orders WHERE _sdc_deleted_at IS NOT NULL") == [(1,)]
    shop.deliver(shop.unit(VERSIONED, [["1", "b", "3"]], run_id="run-3", version=3))
    assert shop.query("SELECT name, _sdc_deleted_at FROM {s}.orders") == [("b", None)]


@pytest.mark.parametrize("hard", [True, False], ids=["hard", "soft"])
def test_a_version_of_no_rows_drops_all(shop: Shop, hard: bool) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "a"]]))
    shop.deliver(shop.unit(ORDER, [], run_id="run-2", version=2), hard_delete=hard)
    left = "" if hard else " WHERE _sdc_deleted_at IS NULL"
    assert shop.query("SELECT COUNT(*) FROM {s}.orders" + left) == [(0,)]
