"""What becomes of a table when a stream's columns change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from dif_kit.errors import ConfigError, DeliveryError
from dif_kit.target import Column, ColumnKind
from target_redshift._connection import Warehouse

if TYPE_CHECKING:
    from conftest import Shop

TEXT, INTEGER, NUMBER, NESTED = ColumnKind.TEXT, ColumnKind.INTEGER, ColumnKind.NUMBER, ColumnKind.NESTED
ORDER = {"id": INTEGER, "name": TEXT}


def decimal(name: str, scale: int) -> Column:
    return Column(name, ColumnKind.DECIMAL, scale=scale)


def test_whatever_another_session_makes_first_is_taken_as_it_is(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """All taps of a new client begin beside each other: a session may lose the race for each thing that it makes."""
    execute = Warehouse.execute

    def beaten(warehouse: Warehouse, sql: str) -> None:
        if sql.startswith("CREATE"):
            shop.execute(sql)
        execute(warehouse, sql)

    monkeypatch.setattr(Warehouse, "execute", beaten)
    shop.deliver(shop.unit(ORDER, [["1", "a"]]))
    assert shop.rows("orders", "id", "name") == [(1, "a")]


def test_new_columns_are_added_each_by_its_own_statement(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "a"]]))
    shop.deliver(shop.unit({**ORDER, "size": INTEGER, "tags": NESTED}, [["2", "b", "3", "[]"]], run_id="run-2"))
    assert shop.rows("orders", "id", "name", "size") == [(1, "a", None), (2, "b", 3)]


@pytest.mark.parametrize(
    ("longest", "length"), [(1, 256), (256, 256), (257, 1024), (1025, 4096), (5000, 16384), (65535, 65535)]
)
def test_a_varchar_is_made_for_the_longest_text_in_bytes(shop: Shop, longest: int, length: int) -> None:
    text = "é" * (longest // 2) + "x" * (longest % 2)
    shop.deliver(shop.unit(ORDER, [["1", text]]))
    assert shop.types("orders")["name"] == ("character varying", length)
    assert shop.rows("orders", "name") == [(text,)]


def test_a_varchar_is_widened_and_never_narrowed(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "short"]]))
    shop.deliver(shop.unit(ORDER, [["2", "x" * 3000]], run_id="run-2"))
    shop.deliver(shop.unit(ORDER, [["3", "short"]], run_id="run-3"))
    assert shop.types("orders")["name"] == ("character varying", 4096)
    assert [name for _, name in shop.rows("orders", "id", "name")] == ["short", "x" * 3000, "short"]


def test_a_text_key_is_widened(shop: Shop) -> None:
    shop.deliver(shop.unit({"id": TEXT, "n": INTEGER}, [["a", "1"]]))
    shop.deliver(shop.unit({"id": TEXT, "n": INTEGER}, [["b" * 300, "2"], ["a", "3"]], run_id="run-2"))
    assert shop.rows("orders", "id", "n") == [("a", 3), ("b" * 300, 2)]


def test_values_of_another_kind_get_a_column_beside_the_old_one(shop: Shop) -> None:
    shop.deliver(shop.unit({"id": INTEGER, "spend": INTEGER}, [["1", "10"], ["2", "20"]]))
    shop.deliver(shop.unit({"id": INTEGER, "spend": TEXT}, [["2", "n/a"], ["3", "30.50"]], run_id="run-2"))
    assert shop.rows("orders", "id", "spend", "spend__as_text") == [(1, 10, None), (2, None, "n/a"), (3, None, "30.50")]


def test_a_change_of_kind_is_told_in_the_log_and_in_the_catalog(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    told = {"properties": {"spend": {"description": "What it cost"}}}
    shop.deliver(shop.unit({"id": INTEGER, "spend": INTEGER}, [["1", "10"]], description=told))
    shop.deliver(shop.unit({"id": INTEGER, "spend": TEXT}, [["2", "n/a"]], run_id="run-2", description=told))
    (warning,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert warning == (
        "stream 'orders': values of 'spend' are of another kind than its column holds; they go to column "
        "'spend__as_text' beside it"
    )
    ((remark,),) = shop.query(
        f"SELECT remarks FROM svv_columns WHERE table_schema = '{shop.schema}' AND column_name = 'spend__as_text'"
    )
    assert remark.startswith("Values of spend since 20")


def test_a_kind_that_comes_back_goes_to_its_old_column_and_one_variant_speaks(shop: Shop) -> None:
    for number, (kind, value) in enumerate([(INTEGER, "1"), (NUMBER, "1.5"), (TEXT, "x"), (INTEGER, "2")]):
        shop.deliver(shop.unit({"id": INTEGER, "v": kind}, [["1", value]], run_id=f"run-{number}"))
        row = shop.query("SELECT * FROM {s}.orders")[0]
        assert sum(value is not None for value in row) == 2 + 4, "id, one variant, four columns of metadata"
    assert shop.rows("orders", "id", "v", "v__as_number", "v__as_text") == [(1, 2, None, None)]


def test_a_text_column_takes_scalars_of_any_kind_as_their_text(shop: Shop) -> None:
    shop.deliver(shop.unit({"id": INTEGER, "v": TEXT}, [["1", "x"]]))
    kinds = [(INTEGER, "9223372036854775807"), (NUMBER, "1E-7"), (ColumnKind.BOOLEAN, "true"),
             (ColumnKind.DATE, "2026-01-01"), (decimal("v", 2), "1.50")]  # fmt: skip
    for number, (kind, value) in enumerate(kinds, start=2):
        shop.deliver(shop.unit({"id": INTEGER, "v": kind}, [[str(number), value]], run_id=f"run-{number}"))
    assert [value for _, value in shop.rows("orders", "id", "v")] == ["x", *(value for _, value in kinds)]
    assert not [name for name in shop.types("orders") if "__as_" in name]


def test_nested_values_do_not_go_into_a_text_column(shop: Shop) -> None:
    shop.deliver(shop.unit({"id": INTEGER, "v": TEXT}, [["1", "x"]]))
    shop.deliver(shop.unit({"id": INTEGER, "v": NESTED}, [["2", "[1]"]], run_id="run-2"))
    assert shop.types("orders")["v__as_nested"][0] == "super"
    assert shop.query("SELECT JSON_SERIALIZE(v__as_nested) FROM {s}.orders WHERE id = 2") == [("[1]",)]


def test_a_decimal_with_more_digits_behind_the_point_gets_its_own_column(shop: Shop) -> None:
    shop.deliver(shop.unit({"id": INTEGER, "v": decimal("v", 2)}, [["1", "1.25"]]))
    shop.deliver(shop.unit({"id": INTEGER, "v": decimal("v", 1)}, [["2", "1.5"]], run_id="run-2"))
    shop.deliver(shop.unit({"id": INTEGER, "v": decimal("v", 4)}, [["3", "1.2345"]], run_id="run-3"))
    found = [tuple(map(str, row)) for row in shop.rows("orders", "id", "v", "v__as_decimal_4")]
    assert found == [("1", "1.25", "None"), ("2", "1.50", "None"), ("3", "None", "1.2345")]


def test_a_key_that_changes_its_kind_stops_the_stream(shop: Shop) -> None:
    shop.deliver(shop.unit({"id": INTEGER}, [["1"]]))
    with pytest.raises(DeliveryError, match=r"key 'id' is now text, the table holds it as BIGINT"):
        shop.deliver(shop.unit({"id": TEXT}, [["1"]], run_id="run-2"))
    assert shop.rows("orders", "id") == [(1,)]


def test_a_column_that_the_stream_no_longer_has_stays(shop: Shop) -> None:
    shop.deliver(shop.unit({**ORDER, "size": INTEGER}, [["1", "a", "7"]]))
    shop.deliver(shop.unit(ORDER, [["2", "b"]], run_id="run-2"))
    assert shop.rows("orders", "id", "size") == [(1, 7), (2, None)]


def test_more_than_1600_columns_are_refused_before_anything_is_made(shop: Shop) -> None:
    columns = {"id": INTEGER, **{f"c{number}": INTEGER for number in range(1600)}}
    with pytest.raises(DeliveryError, match=r"would have 1,605 columns, Redshift takes 1,600"):
        shop.deliver(shop.unit(columns, [["1"] * 1601]))
    assert shop.types("orders") == {}


def test_a_wide_table_is_loaded(shop: Shop) -> None:
    columns = {"id": INTEGER, **{f"c{number}": INTEGER for number in range(300)}}
    shop.deliver(shop.unit(columns, [["1", *map(str, range(300))]]))
    assert shop.rows("orders", "id", "c0", "c299") == [(1, 0, 299)]


ODD = [
    "select", "Order", "with space", 'quo"te', "dot.ted", "semi;colon", "per%cent", "dollar$x", "qu?mark", "colon:x",
    "back\\slash", "żółć", "new\nline", "1st", "'apostrophe'", "--comment", "tag", "oid", "xmin", "a__as_text",
]  # fmt: skip


def test_odd_names_are_taken_as_they_are_but_in_lower_case(shop: Shop) -> None:
    shop.deliver(shop.unit({"id": INTEGER, **dict.fromkeys(ODD, TEXT)}, [["1", *ODD]]))
    columns = set(shop.types("orders"))
    plain = [name for name in ODD if name not in {"oid", "xmin", "a__as_text"}]
    assert {name.lower() for name in plain} <= columns
    assert shop.rows("orders", *(name.lower() for name in plain)) == [tuple(plain)]


def test_names_that_the_warehouse_or_the_target_keeps_get_a_hash(shop: Shop) -> None:
    shop.deliver(shop.unit({"id": INTEGER, "xmin": TEXT, "v__as_text": TEXT}, [["1", "a", "b"]]))
    hashed = sorted(name for name in shop.types("orders") if name.startswith(("xmin_", "v__as_text_")))
    assert len(hashed) == 2
    assert shop.rows("orders", *hashed) == [("b", "a")]


@pytest.mark.parametrize("stream", ["select", 'od"d', "a.b", "ŻÓŁĆ 🎉", "x" * 200, "per%cent", "back\\slash", "it's"])
def test_odd_streams_become_tables_and_are_loaded_once(shop: Shop, stream: str) -> None:
    unit = shop.unit(ORDER, [["1", "a"]], stream=stream)
    shop.deliver(unit)
    shop.deliver(unit)
    ((table,),) = shop.query("SELECT table_name FROM {s}._dif_deliveries")
    assert len(table.encode()) <= 127
    assert shop.rows(table.replace('"', '""'), "id", "name") == [(1, "a")]


def test_names_beyond_127_bytes_are_cut_and_stay_apart(shop: Shop) -> None:
    long = "metrics__" + "ż" * 80
    shop.deliver(shop.unit({"id": INTEGER, f"{long}_a": INTEGER, f"{long}_b": INTEGER}, [["1", "2", "3"]]))
    shop.deliver(shop.unit({"id": INTEGER, f"{long}_b": TEXT, f"{long}_a": INTEGER}, [["2", "x", "4"]], run_id="run-2"))
    cut = [name for name in shop.types("orders") if name.startswith("metrics__")]
    assert len(cut) == 3
    assert all(len(name.encode()) <= 127 for name in cut)
    values = shop.rows("orders", "id", *cut)
    assert [value for value in values[1] if value is not None] == [2, 4, "x"]


def test_columns_that_differ_only_in_case_are_refused_by_name(shop: Shop) -> None:
    with pytest.raises(ConfigError, match=r"stream 'orders': the columns 'Name' and 'name' would both be 'name'"):
        shop.deliver(shop.unit({"id": INTEGER, "Name": TEXT, "name": TEXT}, [["1", "a", "b"]]))


def test_streams_that_differ_only_in_case_are_refused_by_name(shop: Shop) -> None:
    first, second = (shop.unit(ORDER, [["1", "a"]], stream=stream) for stream in ("Orders", "orders"))
    with pytest.raises(ConfigError, match=r"the streams 'Orders' and 'orders' would both be table 'orders'"):
        shop.deliver(first, second)
    shop.deliver(first)
    with pytest.raises(ConfigError, match=r"fed by stream 'Orders'"):
        shop.deliver(second)


@pytest.mark.parametrize("stream", ["_dif_deliveries", "#temporary", "nu\0l", "half \ud83d"])
def test_a_stream_that_cannot_be_a_table_is_refused(shop: Shop, stream: str) -> None:
    unit = shop.unit(ORDER, [["1", "a"]])
    renamed = type(unit.schema)(stream, unit.schema.columns, unit.schema.key_properties, {})
    destination = shop.destination()
    with pytest.raises(ConfigError):
        destination.prepare(renamed)
    destination.close()


def test_a_column_added_meanwhile_by_another_session_is_used(shop: Shop) -> None:
    shop.deliver(shop.unit(ORDER, [["1", "a"]]))
    destination = shop.destination()
    unit = shop.unit({**ORDER, "size": INTEGER}, [["2", "b", "3"]], run_id="run-2")
    destination.prepare(shop.unit(ORDER, [], run_id="run-2", number=1).schema)
    shop.execute("ALTER TABLE {s}.orders ADD COLUMN size BIGINT")
    destination.deliver([unit])
    destination.close()
    assert shop.rows("orders", "id", "size") == [(1, None), (2, 3)]


def test_a_login_may_come_from_the_environment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE", json.dumps({"user": shop.world.user, "password": shop.world.password}))
    shop.deliver(shop.unit(ORDER, [["1", "a"]]), credential_ref="env://WAREHOUSE")
    assert shop.rows("orders", "id") == [(1,)]
