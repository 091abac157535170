"""What readers find: comments, grants, and tables laid out as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dif_kit.errors import ConfigError
from dif_kit.target import ColumnKind

if TYPE_CHECKING:
    from conftest import Shop

ORDER = {"id": ColumnKind.INTEGER, "name": ColumnKind.TEXT}


def remarks(shop: Shop) -> dict[str, str]:
    where = f"table_schema = '{shop.schema}' AND table_name = 'orders'"
    found = shop.query(f"SELECT column_name, remarks FROM svv_columns WHERE {where} AND remarks IS NOT NULL")
    table = shop.query(f"SELECT '', remarks FROM svv_tables WHERE {where} AND remarks IS NOT NULL")
    return dict(found + table)  # type: ignore[arg-type]


def test_descriptions_of_the_schema_are_comments(shop: Shop) -> None:
    told = {"description": "One row an order", "properties": {"name": {"description": "The customer's name \\ alias"}}}
    shop.deliver(shop.unit(ORDER, [], description=told))
    assert remarks(shop) == {"": "One row an order", "name": "The customer's name \\ alias"}
    changed = {"properties": {"id": {"description": "Its number"}, "name": {"description": "Name"}}}
    shop.deliver(shop.unit(ORDER, [], description=changed, run_id="run-2"))
    assert remarks(shop) == {"": "One row an order", "id": "Its number", "name": "Name"}


def test_whom_the_settings_name_may_read_every_table(shop: Shop) -> None:
    role = f"reader_{shop.schema}"
    shop.execute(f"CREATE ROLE {role}")
    shop.deliver(shop.unit(ORDER, [["1", "a"]]), grant_select_to=[f"role:{role}"])
    granted = shop.query(
        "SELECT table_name FROM information_schema.role_table_grants "
        f"WHERE grantee = '{role}' AND table_schema = '{shop.schema}' AND privilege_type = 'SELECT' ORDER BY 1"
    )
    names = [name for (name,) in granted]
    assert names == ["_dif_deliveries", "_dif_fences", "_dif_lock", "_dif_quarantine", "_dif_windows", "orders"]


def test_a_grantee_is_a_role_a_group_or_a_user(shop: Shop) -> None:
    with pytest.raises(ConfigError, match=r"'analysts' is not role:<name>"):
        shop.destination(grant_select_to=["analysts"])


def test_a_new_table_is_laid_out_as_the_settings_say(shop: Shop) -> None:
    keys = {"distribution_keys": {"*": "id"}, "sort_keys": {"ord*": ["name", "id"]}}
    shop.deliver(shop.unit(ORDER, [["1", "a"]]), **keys)
    where = f"schema = '{shop.schema}' AND \"table\" = 'orders'"
    assert shop.query(f"SELECT diststyle, sortkey1, sortkey_num FROM svv_table_info WHERE {where}") == [
        ("KEY(id)", "name", 2)
    ]
    shop.deliver(shop.unit(ORDER, [["1", "x" * 300]], run_id="run-2"), **keys)
    assert shop.rows("orders", "name") == [("x" * 300,)]


def test_a_key_that_is_no_column_is_named(shop: Shop) -> None:
    with pytest.raises(ConfigError, match=r"stream 'orders' has no column 'nmae'"):
        shop.deliver(shop.unit(ORDER, []), sort_keys={"*": ["nmae"]})


def test_streams_are_loaded_side_by_side_and_the_first_failure_is_told(shop: Shop) -> None:
    units = [shop.unit(ORDER, [[str(number), "a"]], stream=f"s{number}") for number in range(5)]
    shop.deliver(*units, parallel_streams=3)
    assert [shop.rows(f"s{number}", "id") for number in range(5)] == [[(number,)] for number in range(5)]
    bad = shop.unit({"id": ColumnKind.INTEGER}, [["oops"]], stream="s1", run_id="run-2", keys=())
    good = shop.unit(ORDER, [["7", "a"]], stream="s2", run_id="run-2")
    with pytest.raises(Exception, match="stream 's1'"):
        shop.deliver(bad, good, parallel_streams=2)
    assert shop.rows("s2", "id") == [(2,), (7,)]
