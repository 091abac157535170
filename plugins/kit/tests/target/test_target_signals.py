"""A signal in the middle of a delivery (I1): STATE is told once its rows are durable, or not at all."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

# A delivery that begins by making `begun`, and ends when `go` is there.
TARGET = """
import sys, time
from pathlib import Path
from dif_kit.target import Target

class Slow:
    def prepare(self, schema): pass
    def close(self): pass
    def deliver(self, units):
        Path("begun").touch()
        while not Path("go").exists():
            time.sleep(0.02)
        with open("durable", "a") as file:
            file.write("".join(f"{unit.manifest.rows}\\n" for unit in units))

class TargetSlow(Target):
    name = "target-slow"
    schemes = ("file",)
    def destination(self):
        return Slow()

TargetSlow.cli()
"""
SCHEMA = {"type": "SCHEMA", "stream": "s", "schema": {"properties": {"id": {"type": "integer"}}}, "key_properties": []}
ROWS = 5


@pytest.fixture
def delivering(tmp_path: Path) -> Any:
    """A target that is delivering five rows and the STATE after them, its input still open."""
    settings = {"bucket": (tmp_path / "lake").as_uri(), "client": "acme", "checkpoint_rows": ROWS}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    (tmp_path / "target.py").write_text(TARGET)
    process = subprocess.Popen(
        [sys.executable, "target.py", "--config", "config.json"],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    records = [{"type": "RECORD", "stream": "s", "record": {"id": number}} for number in range(ROWS)]
    state = {"type": "STATE", "value": {"bookmarks": {"s": ROWS}}}
    assert process.stdin
    process.stdin.write("".join(json.dumps(each) + "\n" for each in [SCHEMA, *records, state]).encode())
    process.stdin.flush()
    while not (tmp_path / "begun").exists():
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        time.sleep(0.02)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_i1_a_signal_during_a_delivery_waits_for_it_and_tells_what_is_true(
    delivering: Any, tmp_path: Path, number: int, code: int
) -> None:
    delivering.send_signal(number)
    (tmp_path / "go").touch()
    output, error = delivering.communicate(timeout=60)
    assert delivering.returncode == code, error
    assert (tmp_path / "durable").read_text() == f"{ROWS}\n"
    assert [json.loads(line) for line in output.splitlines()] == [{"bookmarks": {"s": ROWS}}]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_i1_a_target_that_may_not_wait_tells_nothing(delivering: Any, tmp_path: Path, number: int) -> None:
    while delivering.poll() is None:  # the second SIGTERM ends it at once
        delivering.send_signal(number)
        time.sleep(0.05)
    output, _ = delivering.communicate(timeout=60)
    assert delivering.returncode == -number
    assert output == b""
    assert not (tmp_path / "durable").exists()
