"""What a table holds after units were delivered."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from dif_kit.errors import ConfigError, DeliveryError
from dif_kit.target import Column, ColumnKind

if TYPE_CHECKING:
    from conftest import Shop

TEXT, INTEGER, NUMBER, NESTED = ColumnKind.TEXT, ColumnKind.INTEGER, ColumnKind.NUMBER, ColumnKind.NESTED
ORDER = {"id": INTEGER, "name": TEXT}


def test_a_new_stream_makes_its_schema_and_table(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "one"], ["2", None]]))
    assert shop.rows("orders", "id", "name") == [(1, "one"), (2, None)]
    moment = datetime(2026, 11, 23, 10, 0, 0, 500_000, tzinfo=UTC)
    assert shop.rows("orders", "_sdc_extracted_at", "_dif_run_id") == [(moment, "run-1")] * 2


def test_every_kind_of_value_arrives_exactly(shop: Shop) -> None:
    columns = {
        "id": INTEGER,
        "price": Column("price", ColumnKind.DECIMAL, scale=4),
        "ratio": NUMBER,
        "open": ColumnKind.BOOLEAN,
        "day": ColumnKind.DATE,
        "at": ColumnKind.DATETIME,
        "hour": ColumnKind.TIME,
    }
    rows = [
        ["9223372036854775807", "1234567890123456789012345678901234.5678", "0.1", "true", "2024-02-29",
         "2026-11-23T10:00:00.123456+02:00", "23:59:59.999999"],
        ["-9223372036854775808", "-0.0001", "1.7976931348623157e308", "false", "0001-01-01",
         "2026-11-23 10:00:00", "00:00:00"],
    ]  # fmt: skip
    shop.deliver(shop.unit(columns, rows))
    assert shop.rows("orders", *columns) == [
        (-9223372036854775808, Decimal("-0.0001"), 1.7976931348623157e308, False, date(1, 1, 1),
         datetime(2026, 11, 23, 10, tzinfo=UTC), time(0)),
        (9223372036854775807, Decimal("1234567890123456789012345678901234.5678"), 0.1, True, date(2024, 2, 29),
         datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC), time(23, 59, 59, 999999)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", " ", "line\nbreak", "carriage\r\nreturn", 'a "quoted" word', "back\\slash", "\\", "\\n", "ends in \\",
     "tab\there", "comma, semi; pipe|", "żółć 漢字 🎉", "\\N ", "NULL", "null", "\\\\N", "'; DROP TABLE orders; --"],
)  # fmt: skip
def test_a_text_arrives_exactly(shop: Shop, text: str) -> None:
    shop.deliver(shop.unit(ORDER, [["1", text], ["2", None]]))
    assert shop.rows("orders", "id", "name") == [(1, text), (2, None)]


@pytest.mark.parametrize("null", ["~NULL~", "\\N1"])
def test_the_null_text_itself_can_be_a_value_under_another_null(shop: Shop, null: str) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "\\N"], ["2", None], ["3", ""]], null=null))
    assert shop.rows("orders", "id", "name") == [(1, "\\N"), (2, None), (3, "")]


def test_nested_values_are_super(shop: Shop) -> None:
    unit = shop.unit({"id": INTEGER, "tags": NESTED}, [["1", '{"a": [1, {"b": "x\\"y"}]}'], ["2", None], ["3", "[]"]])
    shop.deliver(unit)
    assert shop.types("orders")["tags"] == ("super", None)
    assert shop.query("SELECT id, JSON_SERIALIZE(tags) FROM {s}.orders WHERE id = 2 OR id = 3 ORDER BY id") == [
        (2, None),
        (3, "[]"),
    ]
    assert 'x\\"y' in shop.query("SELECT JSON_SERIALIZE(tags) FROM {s}.orders WHERE id = 1")[0][0]


def test_a_later_run_updates_rows_and_adds_new_ones(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "old"], ["2", "kept"]]))
    shop.deliver(shop.unit(ORDER, [["1", "new"], ["3", "added"]], run_id="run-2"))
    assert shop.rows("orders", "id", "name") == [(1, "new"), (2, "kept"), (3, "added")]


def test_the_latest_of_rows_with_one_key_stays(shop: Shop) -> None:
    rows = [["1", "first"], ["2", "other"], ["1", "second"], ["1", "third"]]
    shop.deliver(shop.unit(ORDER, rows, parts=2))
    assert shop.rows("orders", "id", "name") == [(1, "third"), (2, "other")]
    assert shop.rows("_dif_deliveries", "rows_staged", "rows_loaded", "rows_superseded") == [(4, 2, 2)]


def test_keys_of_several_columns_are_compared_as_one(shop: Shop) -> None:
    columns = {"day": ColumnKind.DATE, "ad": TEXT, "clicks": INTEGER}
    keys = ("day", "ad")
    shop.deliver(shop.unit(columns, [["2026-01-01", "a", "1"], ["2026-01-02", "a", "2"]], keys=keys))
    shop.deliver(shop.unit(columns, [["2026-01-02", "a", "5"], ["2026-01-02", "b", "3"]], keys=keys, run_id="run-2"))
    assert [clicks for _, _, clicks in shop.rows("orders", *columns)] == [1, 5, 3]


def test_a_key_without_value_is_one_row_however_often_it_comes(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [[None, "a"], ["1", "x"], [None, "b"]]))
    shop.deliver(shop.unit(ORDER, [[None, "c"]], run_id="run-2"))
    assert shop.rows("orders", "id", "name") == [(1, "x"), (None, "c")]


def test_a_stream_without_keys_is_appended(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "a"], ["1", "a"]], keys=()))
    shop.deliver(shop.unit(ORDER, [["1", "a"]], keys=(), run_id="run-2"))
    assert len(shop.rows("orders", "id")) == 3


def test_append_keeps_every_version_of_a_row(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "a"]]), load_method="append")
    shop.deliver(shop.unit(ORDER, [["1", "b"]], run_id="run-2"), load_method="append")
    assert shop.rows("orders", "id", "name") == [(1, "a"), (1, "b")]


def test_append_needs_no_metadata_and_upsert_says_that_it_does(shop: Shop) -> None:
    unit = shop.unit(ORDER, [["1", "a"]], metadata=False)
    with pytest.raises(ConfigError, match="add_record_metadata"):
        shop.deliver(unit)
    shop.deliver(unit, load_method="append")
    assert shop.rows("orders", "id", "name") == [(1, "a")]


def test_a_table_of_nothing_but_keys_is_updated(shop: Shop) -> None:
    shop.deliver(shop.unit({"id": INTEGER}, [["1"], ["2"]]))
    shop.deliver(shop.unit({"id": INTEGER}, [["2"]], run_id="run-2"))
    assert shop.rows("orders", "id", "_dif_run_id") == [(1, "run-1"), (2, "run-2")]


def test_several_units_of_a_run_with_other_columns_are_one_load(shop: Shop) -> None:
    first = shop.unit(ORDER, [["1", "a"], ["2", "b"]])
    second = shop.unit({**ORDER, "size": INTEGER}, [["2", "c", "7"]], number=1)
    shop.deliver(first, second)
    assert shop.rows("orders", "id", "name", "size") == [(1, "a", None), (2, "c", 7)]
    assert shop.rows("_dif_deliveries", "delivery_id") == [("run-1/orders/0",), ("run-1/orders/1",)]


def test_a_column_that_a_unit_lacks_keeps_its_values(shop: Shop) -> None:
    shop.deliver(shop.unit({**ORDER, "size": INTEGER}, [["1", "a", "7"]]))
    shop.deliver(shop.unit(ORDER, [["1", "b"], ["2", "c"]], run_id="run-2"))
    assert shop.rows("orders", "id", "name", "size") == [(1, "b", 7), (2, "c", None)]


def test_a_table_is_the_same_where_somebody_elses_column_must_be_kept(shop: Shop) -> None:
    """Rows that say every column go the quick way, DELETE and INSERT; beside a stranger's column they are merged."""
    key = {"day": ColumnKind.DATE, "ad": TEXT}
    days: list[tuple[dict[str, ColumnKind], list[list[str | None]]]] = [
        ({**key, "clicks": INTEGER}, [["2026-01-01", "a", "1"], ["2026-01-01", None, "2"], ["2026-01-02", "b", "3"]]),
        ({**key, "clicks": TEXT}, [["2026-01-01", "a", "n/a"], ["2026-01-03", "a", "4"], ["2026-01-03", "a", "5"]]),
        (
            {**key, "clicks": INTEGER, "cost": NUMBER},
            [["2026-01-01", None, None, "0.1"], ["2026-01-02", "b", "7", "9"]],
        ),
        ({**key, "clicks": INTEGER}, [["2026-01-01", "a", "8"], ["2026-01-02", "b", "9"]]),
    ]
    tables = ("plain", "shared")
    for run, (columns, rows) in enumerate(days):
        units = [
            shop.unit(columns, rows, stream=name, keys=("day", "ad"), run_id=f"run-{run}", first_sequence=run)
            for name in tables
        ]
        shop.deliver(*units)
        if run == 0:
            shop.execute("ALTER TABLE {s}.shared ADD COLUMN theirs VARCHAR(9) DEFAULT 'theirs'")
    plain, shared = (
        shop.rows(name, "day", "ad", "clicks", "clicks__as_text", "cost", "_dif_run_id") for name in tables
    )
    assert plain == shared
    assert [row[2:5] for row in plain] == [
        (8, None, None), (None, None, 0.1), (9, None, 9.0), (None, "5", None),
    ]  # fmt: skip
    assert shop.rows("shared", "theirs") == [("theirs",)] * 4


def test_an_earlier_run_that_comes_late_does_not_put_old_rows_back(shop: Shop) -> None:
    late = shop.unit(ORDER, [["1", "old"], ["2", "only here"]])
    shop.deliver(shop.unit(ORDER, [["1", "new"]], run_id="run-2"))
    shop.deliver(late)
    assert shop.rows("orders", "id", "name") == [(1, "new"), (2, "only here")]
    counts = shop.rows("_dif_deliveries", "run_id", "rows_staged", "rows_loaded", "rows_superseded")
    assert counts == [("run-1", 2, 1, 1), ("run-2", 1, 1, 0)]


def test_a_unit_without_rows_is_noted(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, []))
    assert shop.rows("orders", "id") == []
    assert shop.rows("_dif_deliveries", "stream", "rows_loaded") == [("orders", 0)]


def test_every_delivery_is_noted_with_its_counts(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "a"], ["1", "b"]]))
    columns = ["delivery_id", "run_id", "client", "tap", "stream", "unit", "rows_staged", "rows_loaded",
               "rows_quarantined", "load_method"]  # fmt: skip
    expected = ("run-1/orders/0", "run-1", shop.schema, "tap-shop", "orders", 0, 2, 1, 0, "upsert")
    assert shop.rows("_dif_deliveries", *columns) == [expected]
    ((started, finished),) = shop.rows("_dif_deliveries", "started_at", "finished_at")
    assert started <= finished


def test_two_taps_do_not_share_a_table_unless_they_are_meant_to(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "a"]]))
    other = shop.unit(ORDER, [["1", "b"]], tap="tap-other", run_id="run-2")
    with pytest.raises(ConfigError, match=r"fed by stream 'orders' of 'tap-shop'.*table_prefix"):
        shop.deliver(other)
    assert shop.rows("orders", "name") == [("a",)]
    shop.deliver(other, table_prefix="other_")
    assert shop.rows("other_orders", "name") == [("b",)]


def test_a_shared_table_takes_rows_of_several_taps(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "a"]]))
    shop.deliver(shop.unit(ORDER, [["2", "b"]], tap="tap-other", run_id="run-2"), share_tables=True)
    assert shop.rows("orders", "name") == [("a",), ("b",)]


def test_rows_that_the_manifest_does_not_count_stop_the_load(shop: Shop) -> None:
    unit = shop.unit(ORDER, [["1", "a"], ["2", "b"]])
    key = unit.manifest.parts[0].url.removeprefix(f"s3://{shop.world.bucket}/")
    shorter = shop.unit(ORDER, [["1", "a"]], stream="elsewhere").manifest.parts[0].url
    shop.s3.copy_object(
        Bucket=shop.world.bucket, Key=key, CopySource=shorter.removeprefix("s3://"),
    )  # fmt: skip
    with pytest.raises(DeliveryError, match="lists 2 rows, Redshift read 1"):
        shop.deliver(unit)
    assert shop.rows("orders", "id") == []
    assert shop.rows("_dif_deliveries", "delivery_id") == []
