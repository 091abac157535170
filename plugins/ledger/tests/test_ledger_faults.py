"""I1, I2, I6 under a witness: killed after COMMIT, frozen past a take-over, left alone; what the ledger says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Book, Client, Ended

# ruff: noqa: PLR0917 - fixtures are asked for by name
pytestmark = pytest.mark.slow

ROWS = 8
NOW = ("--now", "2026-11-03T12:00:00+0000")
# A tap that tells what it has sent after each half, and waits before the second for as long as it is told to.
TAP = """
    import json, os, sys, time

    given = json.load(open(sys.argv[sys.argv.index("--config") + 1]))
    run_id = os.environ["DIF_RUN_ID"]

    def say(message):
        sys.stdout.write(json.dumps(message) + "\\n")
        sys.stdout.flush()

    open("begun", "w").close()
    say({"type": "SCHEMA", "stream": "ads", "schema": given["schema"], "key_properties": ["id"]})
    for number in range(given["rows"]):
        say({"type": "RECORD", "stream": "ads", "record": {"id": number, "spend": number + 0.5}})
        sent = number + 1
        if sent in (given["rows"] // 2, given["rows"]):
            is_all = sent == given["rows"]
            windows = [{"partition": {}, "from": "2026-11-01", "to": "2026-11-02"}] if is_all else []
            say({"type": "STATE", "value": {"sent": sent, "dif": {"run_id": run_id, "failed": [], "complete": is_all,
                 "streams": {"ads": {"records": sent, "windows": windows}}}}})
            if not is_all and os.path.exists("wait"):
                os.rename("wait", "waiting")  # the next run finds none, and does not wait
                while os.path.exists("waiting"):
                    time.sleep(0.02)
"""
SCHEMA = {"properties": {"id": {"type": "integer"}, "spend": {"type": "number", "multipleOf": 0.01}}}
# The real target, that dies when its warehouse has committed and nobody has been told.
DIES = """
    import os, signal
    from target_redshift._destination import RedshiftDestination
    from target_redshift.target import TargetRedshift

    deliver = RedshiftDestination.deliver
    def killed(self, units):
        deliver(self, units)
        os.kill(os.getpid(), signal.SIGKILL)
    RedshiftDestination.deliver = killed
    TargetRedshift.cli()
"""


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Client, book: Book) -> list[str]:
    """``ledger run``'s arguments for a client's ``tap-shop``; the folder is the test's own."""
    _program("tap-shop", TAP, "-S")
    places = (tmp_path / "bin", Path(sys.executable).parent, os.environ["PATH"])
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, places)))
    (tmp_path / "tap.json").write_text(json.dumps({"rows": ROWS, "schema": SCHEMA}))
    client.config |= {"load_method": "upsert", "checkpoint_rows": 1}
    configs = ["--tap-config", "tap.json", "--target-config", str(client.config_file), "--state", "state.json"]
    return ["run", client.name, "tap-shop", client.target, "--direct", *configs]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _program(name: str, text: str, *options: str) -> Path:
    program = Path("bin", name)
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!{' '.join((sys.executable, *options))}\n" + textwrap.dedent(text))
    program.chmod(0o755)
    return program


class Running:
    """A supervised run in a process group of its own, whose tap waits after the first half."""

    def __init__(self, arguments: list[str]) -> None:
        Path("wait").touch()
        with Path("said").open("wb") as said:
            self.process = subprocess.Popen(["ledger", *arguments], stdout=said, stderr=said, start_new_session=True)

    def send(self, number: signal.Signals) -> None:
        """To all of it, its witness, too."""
        os.killpg(self.process.pid, number)

    def go_on(self) -> None:
        Path("waiting").unlink()

    def end(self) -> int:
        return self.process.wait(timeout=60)

    def everybody_ended(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False


@pytest.fixture
def start() -> Iterator[Callable[[list[str]], Running]]:
    """Start runs that do not outlive the test."""
    started: list[Running] = []

    def one(arguments: list[str]) -> Running:
        started.append(Running(arguments))
        return started[-1]

    yield one
    for running in started:
        if not running.everybody_ended():
            running.send(signal.SIGKILL)
        running.process.wait()


def until(is_so: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kept() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("state.json").read_text()) if Path("state.json").exists() else {}
    return found


def rows(client: Client) -> list[tuple[int, int]]:
    """How many rows there are, and of how many ids."""
    try:
        return client.execute("SELECT count(*), count(DISTINCT id) FROM {s}.ads")  # type: ignore[return-value]
    except psycopg.errors.UndefinedTable:
        return [(0, 0)]


def runs(book: Book) -> list[tuple[str, str | None]]:
    return [
        (run["status"], run["cause"])
        for run in book.connection.execute("SELECT * FROM ledger.runs ORDER BY started_at")
    ]


def verdicts(command: Callable[..., Ended]) -> tuple[int, list[tuple[str, str]]]:
    checked = command("check", "--json", *NOW)
    return checked.code, [(each["state"], each["cause"]) for each in json.loads(checked.out)["verdicts"]]


def test_a_target_that_dies_after_commit_is_told_and_the_next_run_loads_each_row_once(
    book: Book, client: Client, pair: list[str], command: Callable[..., Ended]
) -> None:
    dying = _program("target-redshift", DIES)
    assert command(*pair).code == 3
    assert runs(book) == [("partial", "target_died")]
    (died,) = book.connection.execute("SELECT rows FROM ledger.deliveries")
    assert (rows(client), died["rows"]) == ([(died["rows"], died["rows"])], died["rows"]), "nothing was committed"
    assert kept() == {}, "STATE was told by a process that was dead"
    assert verdicts(command) == (3, [("broken", "target_died")])
    dying.unlink()
    ended = command(*pair)
    assert ended.code == 0, ended.out + ended.error
    assert rows(client) == [(ROWS, ROWS)]
    assert verdicts(command) == (0, [("fresh", "")])


def test_a_frozen_run_that_wakes_after_a_take_over_writes_nothing_and_is_told(
    book: Book, client: Client, pair: list[str], command: Callable[..., Ended], start: Callable[[list[str]], Running]
) -> None:
    """Its witness was frozen first, so that a STATE of it still waits to be kept when all wake up."""
    sleeper = start(pair)
    until(Path("begun").exists)
    os.kill(sleeper.process.pid, signal.SIGSTOP)
    until(lambda: rows(client) == [(ROWS // 2, ROWS // 2)])
    time.sleep(0.3)  # STATE follows COMMIT
    sleeper.send(signal.SIGSTOP)
    sleeper.go_on()
    assert command(*pair).code == 0
    after = (rows(client), kept())
    assert after[0] == [(ROWS, ROWS)]
    assert runs(book) == [("running", None), ("done", None)]
    sleeper.send(signal.SIGCONT)
    assert sleeper.end() in {1, 3}
    assert runs(book) == [("partial", "fenced_off"), ("done", None)], Path("said").read_text()
    assert (rows(client), kept()) == after, "what woke up went behind what had taken over"
    assert "another run has put its STATE" in Path("said").read_text()
    assert verdicts(command) == (0, [("fresh", "")])


@pytest.mark.parametrize("left", ["before the next run", "after the next run"])
def test_a_run_whose_witness_was_killed_is_told_and_what_it_left_harms_nobody(
    book: Book, client: Client, pair: list[str], command: Callable[..., Ended], start: Callable[[list[str]], Running],
    left: str,
) -> None:  # fmt: skip
    running = start(pair)
    until(lambda: kept().get("sent") == ROWS // 2)
    running.process.kill()
    running.end()
    assert verdicts(command) == (3, [("broken", "supervisor_died")])
    if left == "before the next run":
        running.go_on()
        until(running.everybody_ended)
    ended = command(*pair)
    assert ended.code == 0, ended.out + ended.error
    if left == "after the next run":
        running.go_on()
        until(running.everybody_ended)
    assert runs(book) == [("failed", "supervisor_died"), ("done", None)]
    assert rows(client) == [(ROWS, ROWS)]
    assert verdicts(command) == (0, [("fresh", "")])
