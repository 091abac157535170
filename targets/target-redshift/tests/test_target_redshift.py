"""The command itself: Singer lines in, STATE out, rows in the warehouse."""

from __future__ import annotations

import fcntl
import inspect
import json
import os
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest
from dif_kit.testing.readme import documents
from dif_sandbox.proxy import Fault, Kind
from target_redshift import TargetRedshift

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.slow

SCHEMA = {
    "type": "SCHEMA",
    "stream": "orders",
    "key_properties": ["id"],
    "schema": {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": ["string", "null"]},
            "price": {"type": ["number", "null"], "multipleOf": 0.01},
            "ratio": {"type": ["number", "null"]},
            "day": {"type": ["string", "null"], "format": "date"},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "open": {"type": ["boolean", "null"]},
            "tags": {"type": ["array", "null"], "items": {"type": "string"}},
        },
    },
}


def record(**values: Any) -> dict[str, Any]:
    return {"type": "RECORD", "stream": "orders", "record": values, "time_extracted": "2026-11-23T10:00:00Z"}


def state(run_id: str, bookmark: int, *, complete: bool, records: int = 0) -> dict[str, Any]:
    streams = {"orders": {"records": records, "windows": []}} if complete else {}
    receipt = {"run_id": run_id, "streams": streams, "failed": [], "complete": complete}
    return {"type": "STATE", "value": {"bookmarks": {"orders": {"id": bookmark}}, "dif": receipt}}


def lines(*messages: dict[str, Any]) -> str:
    return "".join(json.dumps(message) + "\n" for message in messages)


def whole_run(run_id: str, *records: dict[str, Any]) -> str:
    """A run as a tap of ours sends it."""
    last = state(run_id, len(records), complete=True, records=len(records))
    return lines(state(run_id, 0, complete=False), SCHEMA, *records, last)


class Command:
    """``target-redshift`` for one test's client."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop, self.file = shop, folder / "config.json"
        self.environment = {**os.environ, "LOGLEVEL": "INFO"}
        self.environment.pop("DIF_RUN_ID", None)

    def start(self, **changes: Any) -> subprocess.Popen[str]:
        self.file.write_text(json.dumps(self.shop.config(**changes)))
        program = Path(sys.executable).with_name("target-redshift")
        return subprocess.Popen(
            [program, "--config", self.file], env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, text: str, **changes: Any) -> subprocess.CompletedProcess[str]:
        process = self.start(**changes)
        try:
            output, errors = process.communicate(text, timeout=60)
        finally:
            process.kill()
        assert "Traceback" not in errors, errors
        assert self.shop.world.password not in output + errors
        return subprocess.CompletedProcess("target-redshift", process.returncode, output, errors)


@pytest.fixture
def command(shop: Shop, tmp_path: Path) -> Command:
    return Command(shop, tmp_path)


def test_rows_are_in_the_warehouse_when_state_is_told(shop: Shop, command: Command) -> None:
    first = record(id=1, name='żółć "x"\n\\N 🎉', price=1.25, ratio=0.1, day="2026-01-31",
                   at="2026-01-31T10:00:00+01:00", open=True, tags=["a"])  # fmt: skip
    done = command.run(whole_run("run-1", first, record(id=2, name=""), record(id=3, name=None)))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["bookmarks"] == {"orders": {"id": 3}}
    assert shop.rows("orders", "id", "name") == [(1, 'żółć "x"\n\\N 🎉'), (2, ""), (3, None)]
    assert [str(value) for value in shop.rows("orders", "price", "ratio", "day", "open")[0]] == [
        "1.25", "0.1", "2026-01-31", "True",
    ]  # fmt: skip
    assert shop.rows("_dif_deliveries", "run_id", "rows_staged", "rows_loaded", "tap") == [("run-1", 3, 3, "tap-shop")]


def test_the_second_day_updates_and_adds(shop: Shop, command: Command) -> None:
    command.run(whole_run("run-1", record(id=1, name="a"), record(id=2, name="b")))
    done = command.run(whole_run("run-2", record(id=2, name="c"), record(id=3, name="d")))
    assert done.returncode == 0, done.stderr
    assert shop.rows("orders", "id", "name") == [(1, "a"), (2, "c"), (3, "d")]


def test_a_field_that_the_schema_has_not_becomes_a_column(shop: Shop, command: Command) -> None:
    done = command.run(whole_run("run-1", record(id=1, name="a"), record(id=2, name="b", fresh="new")))
    assert done.returncode == 0, done.stderr
    fresh = next(name for name in shop.types("orders") if name.startswith("fresh"))
    assert [row[0] for row in shop.rows("orders", "id", fresh)] == [1, 2]


def test_a_changed_schema_in_the_middle_of_a_run(shop: Shop, command: Command) -> None:
    changed = json.loads(json.dumps(SCHEMA))
    changed["schema"]["properties"]["name"] = {"type": ["integer", "null"]}
    changed["schema"]["properties"]["ratio"] = {"type": ["string", "null"]}
    last = state("run-1", 2, complete=True, records=2)
    done = command.run(
        lines(SCHEMA, record(id=1, name="a", ratio=0.5), changed, record(id=2, name=7, ratio="n/a"), last)
    )
    assert done.returncode == 0, done.stderr
    assert shop.rows("orders", "id", "name", "ratio", "ratio__as_text") == [(1, "a", 0.5, None), (2, "7", None, "n/a")]


def test_checkpoints_tell_state_only_for_what_is_loaded(shop: Shop, command: Command) -> None:
    messages = [SCHEMA]
    for number in range(1, 31):
        messages += [record(id=number, name="x"), state("run-1", number, complete=False)]
    process = command.start(checkpoint_rows=10)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(lines(*messages))
    process.stdin.flush()
    told = json.loads(process.stdout.readline())["bookmarks"]["orders"]["id"]
    assert {row[0] for row in shop.rows("orders", "id")} >= set(range(1, told + 1))
    process.stdin.close()
    assert process.wait(60) == 3, "the receipt was never complete"
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()
    assert len(shop.rows("orders", "id")) == 30


@pytest.mark.parametrize("moment", ["before its COMMIT", "while it reads"])
def test_a_killed_target_loses_and_repeats_nothing(shop: Shop, command: Command, moment: str) -> None:
    """I1, I2: the run after a kill -9 brings every row, each once."""
    text = whole_run("run-1", *(record(id=number, name="x") for number in range(50)))
    command.run(whole_run("run-0"))
    output = (killed_before_commit if moment == "before its COMMIT" else killed_reading)(shop, command, text)
    assert "run-1" not in output, "STATE ahead of the rows"
    assert shop.rows("orders", "id") == []
    done = command.run(text.replace("run-1", "run-2"), load_method="append")
    assert done.returncode == 0, done.stderr
    assert [number for (number,) in shop.query("SELECT id FROM {s}.orders ORDER BY id")] == list(range(50))


def killed_before_commit(shop: Shop, command: Command, text: str) -> str:
    """What a target told that was killed when every row was written and its COMMIT had not come to the warehouse."""
    recorded = Fault(Kind.SLOW, match="^INSERT INTO .*_dif_deliveries")
    commit = Fault(Kind.HOLD, match="^COMMIT", skip=1)  # the first COMMIT takes the fence
    with shop.world.warehouse_proxy() as proxy:
        proxy.inject(recorded, commit)
        process = command.start(load_method="append", port=proxy.port)
        assert process.stdin is not None
        process.stdin.write(text)
        process.stdin.close()
        process.stdin = None
        assert commit.reached.wait(60), "the target never came to COMMIT"
        assert recorded.broken, "another COMMIT than that of the rows"
        process.kill()
        return process.communicate(timeout=60)[0]


def killed_reading(_shop: Shop, command: Command, text: str) -> str:
    """What a target told that was killed while it waited for more input."""
    process = command.start(load_method="append")
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while unread(process.stdin):
        assert time.monotonic() < deadline, "the target never read its input"
        time.sleep(0.01)
    process.kill()
    process.stdin.close()
    process.stdin = None
    return process.communicate(timeout=60)[0]


def unread(pipe: IO[str]) -> int:
    """How many bytes of a pipe nobody has taken yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_a_run_repeated_after_a_kill_behind_its_commit_changes_nothing(shop: Shop, command: Command) -> None:
    """The rows are in, STATE was never told: the tap sends them again."""
    rows = [record(id=number, name="x") for number in range(5)]
    text = whole_run("run-1", *rows)
    process = command.start()
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.close()
    process.stdin = None
    deadline = time.monotonic() + 60
    while not (shop.types("_dif_deliveries") and shop.rows("_dif_deliveries", "run_id")):
        assert time.monotonic() < deadline, "nothing was ever delivered"
        time.sleep(0.02)
    process.kill()
    process.communicate(timeout=20)
    done = command.run(text.replace("run-1", "run-2"))
    assert done.returncode == 0, done.stderr
    assert [number for (number,) in shop.query("SELECT id FROM {s}.orders ORDER BY id")] == list(range(5))


def test_an_incomplete_run_is_loaded_and_ends_with_3(shop: Shop, command: Command) -> None:
    done = command.run(lines(state("run-1", 0, complete=False), SCHEMA, record(id=1, name="a")))
    assert done.returncode == 3
    assert shop.rows("orders", "id") == [(1,)]


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"port": 1}, 1, "cannot connect"),
        ({"database": "nowhere"}, 2, "nowhere"),
        ({"iam_role": "nobody"}, 2, "give its ARN"),
        ({"iam_role": "arn:aws:iam::123456789012:role/Nobody"}, 1, "attach the role"),
        ({"load_method": "merge"}, 2, "load_method"),
        ({"credential_ref": "file:///nowhere"}, 1, "file:///nowhere"),
        ({"bucket": "no-such-bucket"}, 1, "no-such-bucket"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_mistake_is_one_line_an_exit_code_and_no_state(
    command: Command, changes: dict[str, Any], code: int, said: str
) -> None:
    done = command.run(whole_run("run-1", record(id=1, name="a")), s3_retry_seconds=1, **changes)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert said in done.stderr.splitlines()[-1]


def test_readme_and_meltano_file_say_what_about_says() -> None:
    for path, text in documents(TargetRedshift).items():
        assert path.read_text() == text, f"{path.name}: run `make docs`"


def test_every_file_of_statements_is_used() -> None:
    folder = Path(inspect.getfile(TargetRedshift)).parent
    code = "".join(path.read_text() for path in folder.glob("*.py"))
    assert not [path.stem for path in folder.glob("sql/*.sql") if f'"{path.stem}"' not in code]
