"""I6: of all runs of one client and tap the latest writes, whatever an earlier one dreams of."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.target import ColumnKind
from target_redshift._fence import FencedOffError

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.slow

ORDER = {"id": ColumnKind.INTEGER, "name": ColumnKind.TEXT}


def test_a_run_is_refused_once_another_has_taken_over(shop: Shop) -> None:
    earlier, later = shop.destination(), shop.destination()
    try:
        earlier.connect()
        first = shop.unit(ORDER, [["1", "a"]])
        earlier.prepare(first.schema)
        earlier.deliver([first])
        later.connect()
        later.prepare(first.schema)
        with pytest.raises(FencedOffError, match=r"another run of 'tap-shop' for client .* took over at 2"):
            earlier.deliver([shop.unit(ORDER, [["1", "late"]], number=1)])
        later.deliver([shop.unit(ORDER, [["1", "b"]], run_id="run-2")])
    finally:
        earlier.close()
        later.close()
    assert shop.rows("orders", "id", "name") == [(1, "b")]
    assert shop.rows("_dif_deliveries", "run_id") == [("run-1",), ("run-2",)]


def test_a_run_that_is_told_nothing_takes_over_from_nobody(shop: Shop) -> None:
    """The tap of a run that was started twice says nothing: its target must not end the one that is at work."""
    ours, twin = shop.destination(), shop.destination()
    try:
        ours.connect()
        unit = shop.unit(ORDER, [["1", "a"]])
        ours.prepare(unit.schema)
        twin.connect()
        twin.close()
        ours.deliver([unit])
    finally:
        ours.close()
    assert shop.rows("orders", "id") == [(1,)]


@pytest.mark.parametrize("began", [(0, 1), (1, 0)], ids=["first to start", "last to start"])
def test_of_two_runs_that_start_beside_each_other_the_first_to_load_is_the_only_one(
    shop: Shop, began: tuple[int, int]
) -> None:
    runs = [shop.destination(), shop.destination()]
    unit = shop.unit(ORDER, [["1", "a"]])
    try:
        for number in began:
            runs[number].connect()
        runs[0].prepare(unit.schema)
        with pytest.raises(FencedOffError):
            runs[1].prepare(unit.schema)
        runs[0].deliver([unit])
    finally:
        for run in runs:
            run.close()
    assert shop.rows("orders", "id") == [(1,)]
    assert len(shop.rows("_dif_fences", "session")) == 1, "who came too late has ended the session of the one at work"


def test_runs_of_other_taps_and_clients_do_not_take_over(shop: Shop) -> None:
    ours = shop.destination()
    others = [shop.destination(client="other"), shop.destination(tap="tap-other")]
    try:
        ours.connect()
        for other in others:
            other.connect()
        unit = shop.unit(ORDER, [["1", "a"]])
        ours.prepare(unit.schema)
        ours.deliver([unit])
    finally:
        for destination in (ours, *others):
            destination.close()
    assert shop.rows("orders", "id") == [(1,)]


def test_a_backfill_and_a_live_run_do_not_take_over_from_each_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = shop.destination()
    try:
        live.connect()
        monkeypatch.setenv("DIF_PRIORITY", "backfill")
        backfill = shop.destination()
        try:
            backfill.connect()
            for destination, run_id in ((live, "run-1"), (backfill, "run-2")):
                unit = shop.unit(ORDER, [["1", "a"]], run_id=run_id)
                destination.prepare(unit.schema)
                destination.deliver([unit])
        finally:
            backfill.close()
    finally:
        live.close()
    assert shop.rows("_dif_deliveries", "run_id") == [("run-1",), ("run-2",)]


def test_a_run_may_lose_its_session_and_go_on(shop: Shop) -> None:
    destination = shop.destination()
    unit = shop.unit(ORDER, [["1", "a"]])
    try:
        destination.connect()
        destination.prepare(unit.schema)
        shop.end_sessions()
        destination.deliver([unit])
    finally:
        destination.close()
    assert shop.rows("orders", "id") == [(1,)]
    assert {fence for (fence,) in shop.rows("_dif_fences", "fence")} == {1}
    assert len({session for (session,) in shop.rows("_dif_fences", "session")}) == 2


class Frozen:
    """A run of the command that is stopped where the test wants it."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        file = folder / "config.json"
        file.write_text(json.dumps(shop.config(checkpoint_rows=1)))
        program = Path(sys.executable).with_name("target-redshift")
        self.process = subprocess.Popen(
            [program, "--config", file], text=True, env={**os.environ, "DIF_RUN_ID": "run-frozen"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def say(self, *messages: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(json.dumps(message) + "\n" for message in messages))
        self.process.stdin.flush()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> tuple[int, str, str]:
        self.process.send_signal(signal.SIGCONT)
        output, errors = self.process.communicate(timeout=60)
        return self.process.returncode, output, errors


def lines(*ids: int) -> list[dict[str, Any]]:
    properties = {"id": {"type": "integer"}, "name": {"type": "string"}}
    schema = {"type": "SCHEMA", "stream": "orders", "key_properties": ["id"], "schema": {"properties": properties}}
    records = [{"type": "RECORD", "stream": "orders", "record": {"id": number, "name": "frozen"}} for number in ids]
    return [schema, *records, {"type": "STATE", "value": {"ids": list(ids)}}]


@pytest.fixture
def earlier(shop: Shop) -> None:
    """A run that is over before the one that will be frozen takes its place in the order."""
    shop.deliver(shop.unit(ORDER, [["1", "first"]]))


@pytest.fixture
def frozen(shop: Shop, earlier: None, tmp_path: Path) -> Any:
    frozen = Frozen(shop, tmp_path)
    yield frozen
    frozen.process.kill()
    frozen.process.communicate()


def take_over(shop: Shop) -> None:
    destination = shop.destination()
    unit = shop.unit(ORDER, [["1", "taken over"], ["2", "taken over"]], run_id="run-2", first_sequence=0)
    try:
        destination.connect()
        destination.prepare(unit.schema)
        destination.deliver([unit])
    finally:
        destination.close()


def test_a_frozen_run_that_wakes_up_after_another_took_over_is_refused(shop: Shop, frozen: Frozen) -> None:
    frozen.say(*lines(1))
    assert frozen.process.stdout is not None
    assert json.loads(frozen.process.stdout.readline()) == {"ids": [1]}
    frozen.freeze()
    shop.sequence = time.time_ns() // 1000
    take_over(shop)
    frozen.say(*lines(2, 3)[1:])
    code, output, errors = frozen.wake()
    assert code == 1
    assert output == "", "STATE of rows that were refused"
    assert "fenced off: another run of 'tap-shop'" in errors.splitlines()[-1]
    assert "Traceback" not in errors
    assert shop.rows("orders", "id", "name") == [(1, "taken over"), (2, "taken over")]


def test_a_run_frozen_before_it_was_told_anything_is_refused_when_it_wakes_up(shop: Shop, frozen: Frozen) -> None:
    shop.wait_for_number()
    frozen.freeze()
    shop.sequence = time.time_ns() // 1000
    take_over(shop)
    frozen.say(*lines(1, 2))
    code, output, errors = frozen.wake()
    assert (code, output) == (1, "")
    assert "fenced off: another run of 'tap-shop'" in errors.splitlines()[-1]
    assert shop.rows("orders", "id", "name") == [(1, "taken over"), (2, "taken over")]


def test_a_run_frozen_inside_its_transaction_does_not_keep_the_lock(shop: Shop, frozen: Frozen) -> None:
    """It is stopped while it waits for the lock, is given it in its sleep, and would hold it until it wakes up."""
    frozen.say(*lines(1))
    assert frozen.process.stdout is not None
    frozen.process.stdout.readline()
    shop.execute("BEGIN")
    shop.execute("LOCK TABLE {s}._dif_lock")
    frozen.say(*lines(1, 2, 3)[1:])
    shop.wait_for_lock()
    frozen.freeze()
    shop.execute("COMMIT")
    shop.sequence = time.time_ns() // 1000
    take_over(shop)
    code, output, errors = frozen.wake()
    assert code == 1
    assert output == ""
    assert "fenced off" in errors.splitlines()[-1]
    assert shop.rows("orders", "id", "name") == [(1, "taken over"), (2, "taken over")]
