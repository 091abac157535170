"""What is written into the ledger stays as it was written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from dif_kit.delivery import Delivered, Window
from dif_kit.errors import DeliveryError
from dif_ledger._records import FailureRow, RunEnd, RunStart, Status, StreamRow
from dif_ledger._store import end_run, migrate, put_deliveries, start_run

if TYPE_CHECKING:
    from conftest import Book

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
WINDOWS = [{"partition": {"account": "1"}, "from": "2026-11-01", "to": "2026-11-25"}]
START = RunStart("r1", "acme", "tap-shop", "target-redshift", NOW, "ledger run acme tap-shop target-redshift")
END = RunEnd(
    "r1",
    LATER,
    Status.PARTIAL,
    cause="account_forbidden",
    message="account 2: no access",
    tap_exit=3,
    target_exit=3,
    request={"method": "GET", "url": "https://shop.example/2"},
    streams=(StreamRow("ads", 10, 9, 9, 1, "a1", "a1", WINDOWS), StreamRow("pins")),
    failures=(FailureRow("ads", {"account": "2"}, "no access"),),
)
COVERED = [Window({"account": "1"}, "2026-11-01", "2026-11-25")]
UNIT = Delivered("r1", "acme", "tap-shop", "ads", 1, "wh", "s3://lake/r1/manifest.json", 9, 9, 1, NOW, 100, COVERED)


def rows(book: Book, table: str) -> list[dict[str, Any]]:
    return list(book.connection.execute(f"SELECT * FROM ledger.{table} ORDER BY 2"))  # type: ignore[call-overload]


def test_a_run_is_running_until_its_end_is_noted_with_all_that_became_of_it(book: Book) -> None:
    start_run(book.connection, START)
    (run,) = rows(book, "runs")
    assert (run["status"], run["ended_at"], run["kind"], run["command"]) == ("running", None, "live", START.command)
    end_run(book.connection, END)
    (run,) = rows(book, "runs")
    assert (run["status"], run["cause"], run["ended_at"]) == ("partial", "account_forbidden", LATER)
    assert run["request"] == END.request
    ads, pins = rows(book, "streams")
    assert (ads["extracted"], ads["staged"], ads["rejected"], ads["windows"]) == (10, 9, 1, WINDOWS)
    assert (pins["extracted"], pins["complete"]) == (None, False)
    assert [(row["partition"], row["reason"]) for row in rows(book, "failures")] == [({"account": "2"}, "no access")]


def test_a_run_whose_supervisor_was_killed_is_failed_for_the_next_command_and_a_live_one_is_not(
    book: Book, sandbox: dict[str, str], command: Callable[..., Any]
) -> None:
    """A lock ends with its session: what is closed here is what the kernel closes after a kill -9."""
    with psycopg.connect(sandbox["DIF_VAULT_URL"], autocommit=True) as killed:
        start_run(killed, replace(START, run_id="killed"))
        start_run(book.connection, replace(START, run_id="alive"))
        command("status")
        assert {row["status"] for row in rows(book, "runs")} == {"running"}
    verdicts = json.loads(command("check", "--json").out)["verdicts"]
    found = {row["run_id"]: (row["status"], row["cause"]) for row in rows(book, "runs")}
    assert found == {"killed": ("failed", "supervisor_died"), "alive": ("running", None)}
    assert [(each["state"], each["cause"]) for each in verdicts] == [("broken", "supervisor_died")]
    end_run(book.connection, replace(END, run_id="alive"))


def test_an_end_that_is_noted_is_never_overwritten(book: Book) -> None:
    start_run(book.connection, START)
    end_run(book.connection, END)
    with pytest.raises(DeliveryError, match="r1 is not under way"):
        end_run(book.connection, RunEnd("r1", LATER, Status.DONE))
    assert rows(book, "runs")[0]["status"] == "partial"


def test_an_end_is_noted_whole_or_not_at_all(book: Book) -> None:
    start_run(book.connection, START)
    twice = RunEnd("r1", LATER, Status.DONE, streams=(StreamRow("ads"), StreamRow("ads")))
    with pytest.raises(Exception, match="duplicate key"):
        end_run(book.connection, twice)
    assert (rows(book, "runs")[0]["status"], rows(book, "streams")) == ("running", [])


def test_a_unit_that_is_told_twice_is_mirrored_once(book: Book) -> None:
    """Also of a run that nobody supervised: the destination knows it, the runs do not."""
    put_deliveries(book.connection, [UNIT])
    put_deliveries(book.connection, [UNIT])
    (unit,) = rows(book, "deliveries")
    assert (unit["run_id"], unit["rows"], unit["covered"], unit["committed_at"]) == ("r1", 9, WINDOWS, NOW)


def test_init_is_repeated_without_harm_and_refuses_tables_it_does_not_know(
    book: Book, command: Callable[..., Any]
) -> None:
    start_run(book.connection, START)
    assert command("init").out == "init: the tables are up to date\n"
    assert len(rows(book, "runs")) == 1
    book.connection.execute("UPDATE ledger.migration SET sha256 = 'x' WHERE name = '0001_ledger'")
    assert "0001_ledger was applied in another form" in command("init").error
    book.connection.execute("INSERT INTO ledger.migration VALUES ('9999_future', 'x')")
    with pytest.raises(DeliveryError, match="newer than this program: it has 9999_future"):
        migrate(book.connection)


def test_a_database_without_a_ledger_is_told_what_to_do(book: Book, command: Callable[..., Any]) -> None:
    book.connection.execute("DROP SCHEMA ledger CASCADE")
    ended = command("status")
    assert (ended.code, "run `ledger init`" in ended.error) == (2, True)
    told = command("init").out
    assert "0001_ledger, 0002_alerts, 0003_received, 0004_leases, 0005_backfills, 0006_superseded applied" in told
