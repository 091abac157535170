"""I3: what was put aside can be seen beside what was loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dif_kit.target import ColumnKind

if TYPE_CHECKING:
    from conftest import Shop

ORDER = {"id": ColumnKind.INTEGER, "name": ColumnKind.TEXT}


def test_records_put_aside_are_rows_of_the_schema(shop: Shop) -> None:
    entries = [
        {"stream": "orders", "line": 3, "reason": "id: not an integer", "raw": '{"id": "x\\n", "name": "żółć"}'},
        {"stream": "orders", "line": 4, "reason": "not UTF-8", "raw_base64": "AAE="},
    ]
    unit = shop.unit(ORDER, [["1", "a"]], quarantined=entries)
    shop.deliver(unit)
    shop.deliver(unit)
    found = shop.rows("_dif_quarantine", "line", "reason", "record", "run_id", "stream", "file")
    url = unit.manifest.quarantine_url
    assert found == [
        (3, "id: not an integer", '{"id": "x\\n", "name": "żółć"}', "run-1", "orders", url),
        (4, "not UTF-8", "AAE=", "run-1", "orders", url),
    ]
    assert shop.rows("_dif_deliveries", "rows_staged", "rows_quarantined") == [(1, 2)]


def test_a_unit_of_nothing_but_bad_records_is_noted(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [], quarantined=[{"line": 1, "reason": "bad", "raw": "{}"}]))
    assert shop.rows("_dif_quarantine", "delivery_id", "line") == [("run-1/orders/0", 1)]
    assert shop.rows("orders", "id") == []


def test_a_record_longer_than_a_column_is_shown_in_part_and_named_whole(shop: Shop) -> None:
    unit = shop.unit(ORDER, [], quarantined=[{"line": 1, "reason": "bad", "raw": "é" * 50_000}])
    shop.deliver(unit)
    ((record, file),) = shop.rows("_dif_quarantine", "record", "file")
    assert record == "é" * 32_767
    assert file == unit.manifest.quarantine_url


def test_records_that_cannot_be_shown_are_counted(shop: Shop) -> None:
    entries = [{"line": 1, "reason": "bad", "raw": "{}"}, {"line": "no number", "reason": "bad", "raw": "{}"}]
    shop.deliver(shop.unit(ORDER, [], quarantined=entries))
    reasons = shop.rows("_dif_quarantine", "reason")
    assert reasons == [("1 records are too long to be shown here: see the file",), ("bad",)]
