"""Days of the past are loaded once each, whatever interrupts it, and live runs do not hear of it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dif_ledger._backfills import Chunk
from dif_ledger._plan import Reach, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Book, Client, Ended


pytestmark = pytest.mark.slow

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "account": {"type": "string"},
        "day": {"type": "string", "format": "date"},
    },
}
CATALOG = {
    "streams": [
        {
            "tap_stream_id": name,
            "stream": name,
            "schema": SCHEMA,
            "metadata": [{"breadcrumb": [], "metadata": {"selected": True, **reach}}],
        }
        for name, reach in (
            ("ads", {"dif.window-days": 2, "dif.calls-a-window": 3, "dif.calls-an-hour": 60}),
            ("names", {}),
        )
    ]
}
# What a tap of ours does with days: it goes on after the bookmark of its STATE, and tells each day that it has sent.
TAP = """
    import json, os, signal, sys, time
    from datetime import date, timedelta

    given = sys.argv[1:]
    facts = {}
    for place, word in enumerate(given):
        if word == "--config":
            facts.update(json.load(open(given[place + 1])))
    if "--discover" in given:
        print(json.dumps(facts["catalog"]))
        sys.exit(0)
    catalog = json.load(open(given[given.index("--catalog") + 1]))
    streams = [each["stream"] for each in catalog["streams"] if each["metadata"][0]["metadata"]["selected"]]
    state = json.load(open(given[given.index("--state") + 1])) if "--state" in given else {}
    mark = state.get("bookmarks", {}).get("ads")
    day, last = date.fromisoformat(facts["start_date"]), date.fromisoformat(facts["end_date"])
    if mark:
        day = date.fromisoformat(mark) + timedelta(days=1)
    with open(facts["heard"], "a") as heard:
        heard.write(json.dumps([streams, str(day), str(last), os.environ.get("DIF_PRIORITY")]) + "\\n")

    def say(message):
        sys.stdout.write(json.dumps(message) + "\\n")
        sys.stdout.flush()

    def stop(*_):
        print("tap-shop: asked to stop", file=sys.stderr)
        sys.exit(3)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sent, windows, mark = 0, [], mark

    def tell(complete):
        receipt = {"run_id": os.environ["DIF_RUN_ID"], "failed": [], "complete": complete,
                   "streams": {"ads": {"records": sent, "windows": windows}}}
        say({"type": "STATE", "value": {"bookmarks": {"ads": mark} if mark else {}, "dif": receipt}})

    say({"type": "SCHEMA", "stream": "ads", "schema": facts["catalog"]["streams"][0]["schema"],
         "key_properties": ["id", "day"], "bookmark_properties": ["day"]})
    while day <= last:
        for number in range(3):
            say({"type": "RECORD", "stream": "ads", "record": {"id": number, "account": "a", "day": str(day)}})
            sent += 1
        windows.append({"partition": {"account": "a"}, "from": str(day), "to": str(day)})
        mark = str(day)
        tell(False)
        time.sleep(facts["pause"])
        day += timedelta(days=1)
    tell(True)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Client, book: Book) -> list[str]:
    """A client whose ``tap-shop`` is on the path and runs live; the options of a direct run."""
    program = tmp_path / "bin" / "tap-shop"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable} -S\n" + textwrap.dedent(TAP))
    program.chmod(0o755)
    places = (program.parent, Path(sys.executable).parent, os.environ["PATH"])
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, places)))
    monkeypatch.chdir(tmp_path)
    Path("state.json").write_text('{"bookmarks": {"ads": "2026-11-20"}}\n')
    pause(0)
    return [
        "--direct",
        "--tap-config",
        "tap.json",
        "--target-config",
        str(client.config_file),
        "--target",
        client.target,
    ]


def pause(seconds: float) -> None:
    facts = {"catalog": CATALOG, "heard": str(Path("heard.jsonl").resolve()), "pause": seconds}
    Path("tap.json").write_text(json.dumps(facts))


def heard() -> list[Any]:
    return [json.loads(line) for line in Path("heard.jsonl").read_text().splitlines()]


def days(client: Client) -> list[tuple[str, int]]:
    found = client.execute("SELECT day, count(*), count(DISTINCT id) FROM {s}.ads GROUP BY day ORDER BY day")
    assert all(rows == ids for _, rows, ids in found)
    return [(str(day), rows) for day, rows, _ in found]


def backfill(client: Client, *options: str) -> list[str]:
    return ["backfill", client.name, "tap-shop", "--from", "2026-03-01", "--to", "2026-03-06", *options]


def test_a_backfill_that_is_interrupted_five_times_loads_each_day_once(
    book: Book, client: Client, place: list[str], command: Callable[..., Ended]
) -> None:
    """I2, I4: one of the interruptions leaves nobody behind to note anything."""
    pause(0.3)
    live = Path("state.json").read_bytes()
    moments = random.Random(7)
    line = ["ledger", *backfill(client, "--yes", "--chunk-days", "2", *place)]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
        before = len(heard()) if Path("heard.jsonl").exists() else 0
        running = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while running.poll() is None and (len(heard()) if Path("heard.jsonl").exists() else 0) == before:
            time.sleep(0.02)
        assert running.poll() is None, "it ended before anybody interrupted it"
        time.sleep(moments.uniform(0, 0.6))
        running.send_signal(number)
        running.wait(timeout=60)
    pause(0)
    ended = command(*backfill(client, "--yes", "--chunk-days", "2", *place))
    assert ended.code == 0, ended.out + ended.error
    assert days(client) == [(f"2026-03-{day:02}", 3) for day in range(1, 7)]
    chunks = list(book.connection.execute("SELECT * FROM ledger.chunks ORDER BY number"))
    assert [chunk["status"] for chunk in chunks] == ["done", "done", "done"]
    runs = list(book.connection.execute("SELECT kind, status FROM ledger.runs"))
    assert {run["kind"] for run in runs} == {"backfill"}
    assert {run["status"] for run in runs} > {"done"}, "no run was interrupted"
    assert "running" not in {run["status"] for run in runs}
    firsts = [first for _, first, _, _ in heard()]
    assert firsts == sorted(firsts), "a day that was there was asked for again"
    assert {(tuple(streams), priority) for streams, _, _, priority in heard()} == {(("ads",), "backfill")}
    assert Path("state.json").read_bytes() == live
    planned = command(*backfill(client, "--dry-run", "--again", *place))
    (row,) = [line.split() for line in planned.out.splitlines() if line.startswith("ads")]
    assert row[4] == "1", "the partitions that were covered are counted"
    again = command(*backfill(client, "--yes", "--chunk-days", "2", *place))
    assert (again.code, "is loaded already" in again.out) == (0, True)


def test_a_plan_tells_calls_and_hours_and_changes_nothing(
    book: Book, client: Client, place: list[str], command: Callable[..., Ended]
) -> None:
    ended = command(*backfill(client, "--dry-run", *place))
    assert ended.code == 0, ended.error
    # Six days by windows of two, three calls each, sixty an hour; a tenth of the weight when others are hungry.
    (row,) = [line.split() for line in ended.out.splitlines() if line.startswith("ads")]
    assert row == ["ads", "6", "2", "d", "?", "3", "9", "0.1", "to", "1.5"]
    assert not Path("heard.jsonl").exists()
    assert not list(book.connection.execute("SELECT 1 FROM ledger.backfills"))
    assert command(*backfill(client, "--stream", "names", *place)).code == 2
    assert command(*backfill(client, *place)).code == 1, "nobody said yes"


def test_a_plan_leaves_out_what_the_provider_no_longer_has_and_what_is_done() -> None:
    day = datetime(2026, 11, 26, tzinfo=UTC).date()
    chunks = [
        Chunk(1, day.replace(day=1), day.replace(day=10), ("ads",)),
        Chunk(2, day.replace(day=11), day.replace(day=20), ("ads",), status="done"),
    ]
    (row,) = plan([Reach("ads", 4, retention_days=20)], chunks, {"ads": 3}, day)
    assert (row.days, row.windows, row.gone) == (5, 6, day.replace(day=5))


def test_a_chunk_of_which_the_tap_leaves_a_stream_out_is_not_done(
    book: Book, client: Client, place: list[str], command: Callable[..., Ended]
) -> None:
    """I4: nothing failed, all that was sent is there, and yet days that were asked for were never read."""
    tap = Path("tap.json")
    facts = json.loads(tap.read_text())
    streams = facts["catalog"]["streams"]
    names = {**streams[0], "tap_stream_id": "more", "stream": "more"}
    tap.write_text(json.dumps({**facts, "catalog": {"streams": [*streams, names]}}))
    ended = command(*backfill(client, "--yes", *place))
    assert ended.code == 3, ended.out
    assert "(stream_unread): the tap did not read more" in ended.out
    assert [row["status"] for row in book.connection.execute("SELECT status FROM ledger.chunks")] == ["partial"] * 3


def test_two_backfills_of_one_client_and_tap_do_not_meet(
    book: Book, client: Client, place: list[str], command: Callable[..., Ended]
) -> None:
    asked = [f"backfill\t{client.name}\ttap-shop"]
    book.connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", asked)
    ended = command(*backfill(client, "--yes", *place))
    assert (ended.code, "by another process" in ended.error) == (4, True)


def test_a_catch_up_loads_what_a_check_finds_missing_and_only_that(
    book: Book, client: Client, place: list[str], command: Callable[..., Ended]
) -> None:
    for first, last in (("2026-11-01", "2026-11-10"), ("2026-11-13", "2026-11-18"), ("2026-11-20", "2026-11-24")):
        windows = [("a", first, last)]
        at = datetime.fromisoformat(last).replace(tzinfo=UTC) + timedelta(days=1)  # the morning after
        book.run(at, client.name, "tap-shop", target=client.target, streams={"ads": {"windows": windows}})
    now = ["--now", "2026-11-25T12:00:00+0000"]
    check = ["check", client.name, "--json", *now]
    missing = [day for day, *_ in json.loads(command(*check).out)["missing"]]
    assert missing == ["2026-11-11", "2026-11-12", "2026-11-19"]
    catch_up = ["catch-up", client.name, "tap-shop", *place, *now]
    rehearsed = command(*catch_up, "--dry-run")
    assert (rehearsed.code, Path("heard.jsonl").exists()) == (3, False)
    assert "2026-11-11 to 2026-11-12  ads" in rehearsed.out
    ended = command(*catch_up)
    assert ended.code == 0, ended.out + ended.error
    assert [day for day, _ in days(client)] == missing
    assert [(first, last) for _, first, last, _ in heard()] == [
        ("2026-11-11", "2026-11-12"),
        ("2026-11-19", "2026-11-19"),
    ]
    assert json.loads(command(*check).out)["missing"] == []
    assert "nothing is missing" in command(*catch_up).out


def test_a_backfill_neither_makes_a_gap_before_the_live_days_nor_hides_that_they_are_late(
    book: Book, command: Callable[..., Ended]
) -> None:
    live, filled = datetime(2026, 11, 10, 6, tzinfo=UTC), datetime(2026, 11, 25, 6, tzinfo=UTC)
    book.run(live, streams={"ads": {"windows": [("a", "2026-11-01", "2026-11-09")]}})
    book.run(filled, kind="backfill", streams={"ads": {"windows": [("a", "2026-03-01", "2026-03-06")]}})
    told = json.loads(command("check", "acme", "--json", "--now", "2026-11-11T12:00:00+0000").out)
    assert [day for day, *_ in told["missing"]] == ["2026-11-10"]
    (late,) = json.loads(command("check", "acme", "--json", "--now", "2026-11-25T12:00:00+0000").out)["verdicts"]
    assert late["age_hours"] > 300
