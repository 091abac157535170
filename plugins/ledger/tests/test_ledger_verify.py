"""What `ledger verify` proves: that every cell that was delivered stands in the warehouse, and nothing else."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from dif_ledger import _verify_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Client

DAYS = [f"2026-11-{day:02d}" for day in range(1, 6)]


def row(number: int, day: str, **changes: Any) -> dict[str, Any]:
    """A row with every kind of value, some of them absent."""
    made = {
        "id": number,
        "account": "a",
        "day": day,
        "name": None if number % 7 == 0 else f'é"{number},\n\\N',
        "spend": number * 1.01 if number % 5 else None,
        "ratio": number / 8,
        "at": f"2026-11-02T10:00:00.{number:06d}+05:30",
        "is_open": number % 2 == 0,
        "tags": ["x", str(number)],
    }
    made["spend"] = None if made["spend"] is None else round(made["spend"], 2)
    return {**made, **changes}


def rows(count: int = 20) -> list[dict[str, Any]]:
    return [row(number, day) for day in DAYS for number in range(1, count + 1)]


@pytest.fixture(autouse=True)
def many_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held of millions of rows is held of these few."""
    monkeypatch.setattr(_verify_files, "_SHARE_ROWS", 40)
    monkeypatch.setattr(_verify_files, "_PAGE_ROWS", 30)


@pytest.fixture(scope="module")
def loaded(make_client: Callable[[], Client]) -> Client:
    """Five days; then the last three again, restated, with rows that the provider has withdrawn; then a late row."""
    client = make_client()
    client.load("orders", rows(), "run-1", (DAYS[0], DAYS[-1]))
    again = [row(number, day, spend=number + 0.07) for day in DAYS[2:] for number in range(2, 19)]
    client.load("orders", again, "run-2", (DAYS[2], DAYS[-1]))
    return client


def found(client: Client, *options: str) -> list[tuple[str, str, str]]:
    """Day, column and what of each difference."""
    ended = client.verify("--json", *options)
    assert ended.code in (0, 3), ended.error
    differences = [each for stream in json.loads(ended.out) for each in stream["differences"]]
    assert (ended.code == 3) == bool(differences)
    return [(each["day"], each["column"], each["what"]) for each in differences]


def test_what_was_delivered_restated_and_withdrawn_is_what_stands_in_the_warehouse(loaded: Client) -> None:
    assert found(loaded, "--texts") == []
    shown = loaded.verify()
    assert shown.code == 0
    assert "91 rows of 1 streams are what was delivered" in shown.out  # 2 days of 20, 3 of 17


def test_every_single_change_in_the_warehouse_is_found_on_its_day(loaded: Client) -> None:
    """Each kind of value, and rows that are gone, or doubled."""
    changes = {
        "spend": ("spend = spend + 0.01", "sum"),
        "ratio": ("ratio = ratio + 0.000001", "sum"),
        "name": ("name = 'é\"7,' || CHR(10) || '\\\\N'", "sum"),  # as long as the one that was there
        "is_open": ("is_open = NOT is_open", "sum"),
        "at": ("at = at + INTERVAL '1 second'", "sum"),
        "tags": ("tags = NULL", "count"),
        "account": ("account = 'b'", "sum"),
    }
    loaded.execute("CREATE TABLE {s}.kept AS SELECT * FROM {s}.orders")
    for number, (change, _) in enumerate(changes.values(), 1):
        loaded.execute(f"UPDATE {{s}}.orders SET {change} WHERE id = {number} AND day = '{DAYS[1]}'")
    loaded.execute(f"DELETE FROM {{s}}.orders WHERE id = 9 AND day = '{DAYS[2]}'")
    loaded.execute(f"INSERT INTO {{s}}.orders SELECT * FROM {{s}}.orders WHERE id = 9 AND day = '{DAYS[3]}'")
    differing = found(loaded, "--texts")
    assert {each for each in differing if each[0] == DAYS[1] and each[2] in ("sum", "count")} == {
        (DAYS[1], column, what) for column, (_, what) in changes.items()
    }
    assert {(DAYS[2], "", "rows"), (DAYS[3], "", "rows")} < set(differing)
    assert {day for day, *_ in differing} == set(DAYS[1:4])
    assert found(loaded, "--from", DAYS[4]) == []
    loaded.execute("DELETE FROM {s}.orders")
    loaded.execute("INSERT INTO {s}.orders SELECT * FROM {s}.kept")
    assert found(loaded) == []


def test_a_receipt_that_says_other_than_the_manifest_is_told(loaded: Client) -> None:
    loaded.execute("UPDATE {s}._dif_deliveries SET rows_staged = rows_staged + 1 WHERE run_id = 'run-2'")
    assert found(loaded) == [("", "unit run-2/1", "rows staged")]
    loaded.execute("UPDATE {s}._dif_deliveries SET rows_staged = rows_staged - 1 WHERE run_id = 'run-2'")
    loaded.execute("UPDATE {s}._dif_deliveries SET rows_loaded = rows_loaded - 1 WHERE run_id = 'run-2'")
    assert found(loaded) == [("", "unit run-2/1", "rows loaded or superseded")]
    loaded.execute("UPDATE {s}._dif_deliveries SET rows_loaded = rows_loaded + 1 WHERE run_id = 'run-2'")


def test_an_altered_file_is_no_proof(loaded: Client) -> None:
    import boto3

    s3 = boto3.client("s3", endpoint_url=loaded.config["endpoint_url"])
    listed = s3.list_objects_v2(Bucket=loaded.config["bucket"], Prefix=f"raw/{loaded.name}/")["Contents"]
    part = next(each["Key"] for each in listed if each["Key"].endswith(".csv.gz"))
    content = s3.get_object(Bucket=loaded.config["bucket"], Key=part)["Body"].read()
    s3.put_object(Bucket=loaded.config["bucket"], Key=part, Body=content[:-1] + bytes([content[-1] ^ 1]))
    ended = loaded.verify()
    s3.put_object(Bucket=loaded.config["bucket"], Key=part, Body=content)
    s3.close()
    assert ended.code == 1
    assert part in ended.error
    assert "manifest states" in ended.error


@pytest.mark.parametrize(
    "form", [{"compression": "none", "quoting": "minimal", "null_text": ""}, {"compression": "zstd", "quoting": "all"}]
)
def test_files_of_any_form_are_read_where_no_warehouse_is_behind_them(client: Client, form: dict[str, str]) -> None:
    client.target = "target-s3-csv"
    client.config = {name: client.config[name] for name in ("bucket", "prefix", "client", "tap", "endpoint_url")} | form
    client.load("orders", rows(), "run-1", (DAYS[0], DAYS[-1]))
    assert found(client) == []
    assert "100 rows of 1 streams" in client.verify().out


def test_a_client_without_deliveries_is_not_proved(client: Client) -> None:
    ended = client.verify()
    assert ended.code == 2
    assert "nothing was delivered of tap-shop" in ended.error


def test_rows_that_are_appended_all_count_and_sums_do_not_depend_on_their_order(client: Client) -> None:
    """Doubles that add up differently in each order, twice each; the sum of both sides is exact all the same."""
    client.config["load_method"] = "append"
    values = [random.Random(5).choice([1e-6, 0.1, 1e6, 3e9]) * (1 + number / 7) for number in range(200)]
    sent = [row(number, DAYS[0], ratio=value) for number, value in enumerate(values, 1)]
    client.load("orders", sent, "run-1")
    client.load("orders", sent[::-1], "run-2")
    assert found(client) == []
    assert "400 rows of 1 streams" in client.verify().out


def test_an_overwrite_by_an_empty_run_leaves_nothing_on_both_sides(client: Client) -> None:
    client.config["load_method"] = "overwrite"
    client.load("orders", rows(), "run-1", bookmarks=())
    assert "100 rows of 1 streams" in client.verify().out
    client.load("orders", [], "run-2", bookmarks=())
    assert client.execute("SELECT COUNT(*) FROM {s}.orders") == [(0,)]
    assert found(client) == []


def test_a_column_whose_values_change_their_kind_is_counted_in_all_its_places(client: Client) -> None:
    client.load("orders", [row(1, DAYS[0]), row(2, DAYS[0])], "run-1")
    client.execute('ALTER TABLE {s}.orders ADD COLUMN "ratio__as_text" VARCHAR(256)')
    client.execute("UPDATE {s}.orders SET ratio__as_text = 'n/a', ratio = NULL WHERE id = 2")
    assert found(client) == []
    assert "changed their kind, only counted: ratio" in client.verify().out
    client.execute("UPDATE {s}.orders SET ratio__as_text = NULL WHERE id = 2")
    assert found(client) == [(DAYS[0], "ratio", "count")]


def test_what_is_asked_of_the_warehouse_is_redshifts_grammar() -> None:
    from dif_kit.target import ColumnKind
    from dif_ledger._totals import Measured, day_of, measures
    from sqlfluff.core import Linter

    for kind in ColumnKind:
        counted = [
            measures(Measured("v", kind), '"v"', "tables", texts=True),
            measures(Measured("v", kind, is_counted_only=True), '"v"', "tables", variants=('"w"',), texts=False),
        ]
        day = day_of(kind, '"v"') or "''"
        sql = f'SELECT {day}, COUNT(*), {", ".join(counted)} FROM "s"."t" WHERE {day} >= \'2026-01-01\' GROUP BY 1\n'
        assert not Linter(dialect="redshift", rules=("LT12",)).lint_string(sql).get_violations(), kind
