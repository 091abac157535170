"""A supervised run ends as what it is, whatever the exit codes say: real processes, a tap that goes wrong as told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Book, Client, Ended

# ruff: noqa: PLR0917 - fixtures are asked for by name
# What a tap of ours writes, with one thing wrong.
TAP = """
    import json, os, signal, sys, time

    facts = json.load(open(sys.argv[sys.argv.index("--config") + 1]))
    wrong, rows = facts.get("wrong"), facts["rows"]
    run_id = os.environ["DIF_RUN_ID"] if wrong != "receipt of another run" else "run-of-yesterday"

    def say(message):
        sys.stdout.write(json.dumps(message) + "\\n")
        sys.stdout.flush()

    def state(sent, complete, failed=()):
        windows = [{"partition": {"account": "a"}, "from": "2026-11-01", "to": "2026-11-02"}]
        streams = {"ads": {"records": sent, "windows": windows}}
        say({"type": "STATE", "value": {"dif": {
            "run_id": run_id, "streams": streams, "failed": list(failed), "complete": complete}}})

    def leave(words, code):
        print(words, file=sys.stderr)
        sys.exit(code)

    if wrong == "deferred":
        leave("tap-shop: deferred, run again at 2026-11-27T01:00:00+00:00: the day's budget is used", 75)
    if wrong == "revoked":
        say({"type": "STATE", "value": {"dif": {"run_id": run_id, "streams": {}, "failed": [], "complete": False}}})
        leave("tap-shop: vault://acme/shop: the provider refused the credential: POST /token: HTTP 401", 1)
    if wrong == "a setting":
        leave("tap-shop: the settings are wrong: 'shop' is a required property", 2)
    if wrong == "already running":
        leave("tap-shop: already running for shop: run r0 on host; nothing was done", 4)
    say({"type": "SCHEMA", "stream": "ads", "schema": facts["schema"], "key_properties": ["id", "day"],
         "bookmark_properties": ["day"]})
    for number in range(rows):
        if wrong == "a row is lost" and number == 3:
            continue
        if wrong == "its last row says the first one anew" and number == rows - 1:
            number = 0
        row = {"id": number, "account": "a", "day": "2026-11-01", "spend": 1.5}
        if wrong == "a row does not fit" and number == 3:
            row["spend"] = "much"
        say({"type": "RECORD", "stream": "ads", "record": row})
        if wrong == "a row comes twice" and number == 3:
            say({"type": "RECORD", "stream": "ads", "record": row})
        if number == rows // 2:
            if wrong in ("dies without a word", "killed"):
                state(number + 1, False)
            if wrong == "dies without a word":
                sys.exit(0)
            if wrong == "half a page":
                sys.stdout.write('{"type":"RECORD","stream":"ads","rec')
                sys.exit(0)
            if wrong == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if wrong == "waits":
                def stop(*_):
                    state(number + 1, False)
                    leave("tap-shop: asked to stop", 3)

                signal.signal(signal.SIGTERM, stop)
                print("tap-shop: waits", file=sys.stderr, flush=True)
                time.sleep(60)
    if wrong == "no state":
        sys.exit(0)
    if wrong == "forbidden":
        print('INFO | tap-shop | met with {"waited_seconds":12.5,"retries":4,'
              '"request":{"method":"GET","url":"https://api.example.com/b","status":403}}', file=sys.stderr)
        state(rows, False, [{"stream": stream, "partition": {"account": "b"}, "reason": "account b: no access"}
                            for stream in ("ads", "pins")])
        leave("tap-shop: account b: no access", 3)
    state(rows, True)
"""
SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "account": {"type": "string"},
        "day": {"type": "string", "format": "date"},
        "spend": {"type": ["number", "null"]},
    },
}

# What somebody who is woken up needs to hear: the reason, the place, the time.
WORDS = {
    "deferred": "come back at 2026-11-27 01:00 UTC: the day's budget is used",
    "a row does not fit": "the first: line 5, stream 'ads': spend: expected a number, found \"aaaa\"; see ",
}


@pytest.fixture
def tap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A command ``tap-shop`` on the path; its config, as told."""
    program = tmp_path / "bin" / "tap-shop"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable} -S\n" + textwrap.dedent(TAP))
    program.chmod(0o755)
    places = (program.parent, os.path.dirname(sys.executable), os.environ["PATH"])  # noqa: PTH120
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, places)))
    monkeypatch.chdir(tmp_path)

    def config(wrong: str | None = None, rows: int = 8) -> str:
        file = tmp_path / "tap.json"
        file.write_text(json.dumps({"rows": rows, "wrong": wrong, "schema": SCHEMA}))
        return str(file)

    return config


def options(client: Client, config: str) -> list[str]:
    names = [client.name, "tap-shop", client.target]
    return [
        *names,
        "--direct",
        "--tap-config",
        config,
        "--target-config",
        str(client.config_file),
        "--state",
        "st/s.json",
    ]


def noted(book: Book) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    (run,) = book.connection.execute("SELECT * FROM ledger.runs")
    return run, list(book.connection.execute("SELECT * FROM ledger.streams"))


@pytest.mark.parametrize("target", ["target-redshift", "target-s3-csv"])
def test_a_run_is_done_when_the_destination_has_all_that_the_tap_sent(
    book: Book, client: Client, tap: Callable[..., str], command: Callable[..., Ended], tmp_path: Path, target: str
) -> None:
    if target == "target-s3-csv":
        client.target = target
        client.config = {name: client.config[name] for name in ("bucket", "prefix", "client", "tap", "endpoint_url")}
    ended = command("run", *options(client, tap()))
    assert ended.code == 0, ended.error
    run, (stream,) = noted(book)
    assert (run["status"], run["cause"], run["tap_exit"], run["target_exit"]) == ("done", None, 0, 0)
    counted = [stream[name] for name in ("extracted", "staged", "loaded", "rejected", "complete")]
    assert counted == [8, 8, 8, 0, True]
    (unit,) = book.connection.execute("SELECT * FROM ledger.deliveries")
    assert (unit["run_id"], unit["rows"]) == (run["run_id"], 8)
    assert json.loads((tmp_path / "st" / "s.json").read_text())["dif"]["run_id"] == run["run_id"]
    assert (tmp_path / run["log_path"]).read_text()
    assert run["run_id"] in command("status", client.name, "tap-shop").out


@pytest.mark.parametrize(
    ("wrong", "code", "status", "cause"),
    [
        ("dies without a word", 3, "partial", "receipt_missing"),
        ("no state", 3, "partial", "receipt_missing"),
        ("receipt of another run", 3, "partial", "receipt_missing"),
        ("killed", 3, "partial", "tap_died"),
        ("half a page", 3, "partial", "target_failed"),
        ("a row is lost", 1, "failed", "rows_differ"),
        ("a row comes twice", 1, "failed", "rows_differ"),
        ("a row does not fit", 3, "partial", "rows_rejected"),
        ("forbidden", 3, "partial", "partition_failed"),
        ("deferred", 75, "deferred", "deferred"),
        ("revoked", 1, "failed", "credential"),
        ("a setting", 1, "failed", "settings"),
    ],
)
def test_a_run_that_misses_anything_is_never_done_and_says_why(
    book: Book, client: Client, tap: Callable[..., str], command: Callable[..., Ended],
    wrong: str, code: int, status: str, cause: str,
) -> None:  # fmt: skip
    ended = command("run", *options(client, tap(wrong)))
    run, _ = noted(book)
    assert (ended.code, run["status"], run["cause"]) == (code, status, cause), ended.out + ended.error
    assert run["message"]
    assert (run["retry_at"] is not None) == (status == "deferred")
    if wrong in WORDS:
        assert WORDS[wrong] in run["message"]
    checked = command("check", "--json")
    assert (checked.code, {each["cause"] for each in json.loads(checked.out)["verdicts"]}) == (3, {cause})


def test_a_run_that_was_started_twice_is_noted_and_alarms_nobody(
    book: Book, client: Client, tap: Callable[..., str], command: Callable[..., Ended]
) -> None:
    assert command("run", *options(client, tap("already running"))).code == 4
    run, streams = noted(book)
    assert (run["status"], run["cause"], streams) == ("failed", "duplicate_start", [])
    assert "already running for shop" in run["message"]
    assert command("check").code == 0


def test_a_stream_of_which_nothing_could_be_read_is_noted(
    book: Book, client: Client, tap: Callable[..., str], command: Callable[..., Ended]
) -> None:
    """On a client's first day nothing else says that there is such a stream."""
    command("run", *options(client, tap("forbidden")))
    _, streams = noted(book)
    assert {each["stream"]: (each["extracted"], each["complete"]) for each in streams} == {
        "ads": (8, False),
        "pins": (0, False),
    }


@pytest.mark.parametrize("wrong", ["revoked", "a setting"])
def test_what_the_tap_says_of_its_end_is_told_and_not_what_the_target_makes_of_it(
    book: Book, client: Client, tap: Callable[..., str], command: Callable[..., Ended], wrong: str
) -> None:
    command("run", *options(client, tap(wrong)))
    run, _ = noted(book)
    assert run["message"].startswith("tap-shop: ")


def test_a_run_in_which_a_key_comes_again_is_done_and_says_what_became_of_it(
    book: Book, client: Client, tap: Callable[..., str], command: Callable[..., Ended]
) -> None:
    ended = command("run", *options(client, tap("its last row says the first one anew")))
    assert ended.code == 0, ended.out + ended.error
    run, (stream,) = noted(book)
    assert run["status"] == "done"
    counted = [stream[name] for name in ("extracted", "staged", "loaded", "superseded", "rejected", "complete")]
    assert counted == [8, 8, 7, 1, 0, True]


@pytest.mark.parametrize(
    ("wrong", "status", "cause"), [(None, "done", None), ("a row is lost", "failed", "rows_differ")]
)
def test_rows_that_the_targets_own_maps_leave_out_are_not_missing_and_lost_ones_are(
    book: Book, client: Client, tap: Callable[..., str], command: Callable[..., Ended],
    wrong: str | None, status: str, cause: str | None,
) -> None:  # fmt: skip
    client.config["stream_maps"] = {"ads": {"__alias__": "few", "__filter__": "id < 5"}}
    ended = command("run", *options(client, tap(wrong)))
    run, streams = noted(book)
    assert (run["status"], run["cause"]) == (status, cause), ended.out + ended.error
    if wrong is None:
        counted = [[each[name] for name in ("stream", "extracted", "staged", "loaded", "complete")] for each in streams]
        assert counted == [["few", 5, 5, 5, True]]


def test_what_a_run_met_with_is_part_of_its_story(
    book: Book, client: Client, tap: Callable[..., str], command: Callable[..., Ended]
) -> None:
    command("run", *options(client, tap("forbidden")))
    run, _ = noted(book)
    assert (run["waited_seconds"], run["retries"]) == (12.5, 4)
    assert run["request"] == {"method": "GET", "url": "https://api.example.com/b", "status": 403}
    told = command("status", client.name, "tap-shop").out
    assert "12 s waiting for budgets, 4 retries" in told
    assert "https://api.example.com/b" in told


def test_a_destination_that_cannot_be_asked_leaves_a_run_that_is_unproven(
    book: Book, client: Client, tap: Callable[..., str], command: Callable[..., Ended]
) -> None:
    client.config |= {"port": 9, "connect_timeout_seconds": 1}
    ended = command("run", *options(client, tap()))
    run, _ = noted(book)
    assert (ended.code != 0, run["status"]) == (True, "failed")
    assert "Traceback" not in ended.error


def test_what_a_target_prints_beside_state_is_not_taken_for_it(
    book: Book, client: Client, tap: Callable[..., str], command: Callable[..., Ended], tmp_path: Path
) -> None:
    """Other people's targets greet; what they say is neither STATE nor the end of the ledger."""
    loud = tmp_path / "bin" / "target-redshift"
    real = os.path.join(os.path.dirname(sys.executable), "target-redshift")  # noqa: PTH118, PTH120
    loud.write_text(f'#!/bin/sh\necho hello\n"{real}" "$@"\ncode=$?\necho bye\nexit $code\n')
    loud.chmod(0o755)
    ended = command("run", *options(client, tap()))
    run, _ = noted(book)
    assert (ended.code, run["status"]) == (0, "done"), ended.out + ended.error
    assert json.loads((tmp_path / "st" / "s.json").read_text())["dif"]["run_id"] == run["run_id"]


def test_a_run_that_is_asked_to_stop_stops_both_and_keeps_what_the_tap_said_last(
    book: Book, client: Client, tap: Callable[..., str]
) -> None:
    """The tap tells its last STATE when it is stopped: the target waits for it, or a hand-over would move nothing."""
    running = subprocess.Popen(["ledger", "run", *options(client, tap("waits"))], stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    assert any("tap-shop: waits" in line for line in running.stderr)
    running.terminate()
    _, error = running.communicate(timeout=60)
    run, streams = noted(book)
    assert (run["status"], run["cause"]) == ("partial", "stopped"), error
    assert [stream["loaded"] for stream in streams] == [5]
    assert running.returncode == 3


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("--direct",), "--direct needs --tap-config and --target-config"),
        (("--state", "x.json"), "are for --direct"),
    ],
)
def test_options_that_do_not_go_together_are_told(
    command: Callable[..., Ended], arguments: tuple[str, ...], advice: str
) -> None:
    ended = command("run", "acme", "tap-shop", "target-redshift", *arguments)
    assert (ended.code, advice in ended.error) == (2, True)
