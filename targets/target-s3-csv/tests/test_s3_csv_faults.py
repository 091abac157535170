"""What goes wrong outside never lets STATE lead what manifests hold (I1), and is told in one line."""

from __future__ import annotations

import json
import random
import select
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dif_sandbox.proxy import Fault, FaultProxy, Kind
from dif_sandbox.services import Seaweed

SCHEMA = {"type": "SCHEMA", "stream": "s", "schema": {"properties": {"id": {"type": "integer"}}}, "key_properties": []}

Maker = Callable[..., Any]


def record(number: int) -> dict[str, Any]:
    return {"type": "RECORD", "stream": "s", "record": {"id": number}}


def state(bookmark: int) -> dict[str, Any]:
    return {"type": "STATE", "value": {"bookmarks": {"s": bookmark}}}


def one_line(error: bytes) -> str:
    """The only line on standard error, without a traceback or a secret."""
    (line,) = [line for line in error.decode().splitlines() if line.startswith("target-s3-csv: ")]
    assert "Traceback" not in error.decode()
    return line


def ended(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process that ends by itself; one that does not is killed."""
    try:
        return process.wait(20)
    finally:
        process.kill()


@pytest.fixture
def proxy(seaweed: Seaweed) -> Iterator[FaultProxy]:
    with FaultProxy(("127.0.0.1", seaweed.port), "http") as proxy:
        yield proxy


def through(proxy: FaultProxy) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{proxy.port}"}


def test_a_run_that_is_all_there_ends_with_0(target: Maker) -> None:
    made = target()
    done = made.run(SCHEMA, record(1), state(1))
    assert (done.returncode, json.loads(done.stdout)) == (0, {"bookmarks": {"s": 1}})
    assert made.ids() == [1]


@pytest.mark.parametrize(
    ("config", "variables", "words"),
    [
        ({"bucket": "not-ours"}, {}, "access is denied"),
        ({}, {"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}, "does not know the access key"),
        ({}, {"AWS_SECRET_ACCESS_KEY": "hunter2-is-wrong"}, "secret key is not that of the access key"),
        ({}, {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}, "S3 cannot be reached"),
        ({}, {"AWS_ENDPOINT_URL_S3": "nonsense"}, "Invalid endpoint"),
    ],
)
def test_an_s3_that_cannot_be_used_is_told_before_anything_is_read(
    target: Maker, config: dict[str, Any], variables: dict[str, str], words: str
) -> None:
    process = target(s3_retry_seconds=1, **config).start(**variables)
    code = ended(process)
    error = process.stderr.read()
    assert (code, process.stdout.read()) == (1, b"")
    line = one_line(error)
    assert words in line
    assert "hunter2" not in error.decode()
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()


@pytest.mark.parametrize(
    ("config", "words"),
    [({"client": None}, "client"), ({"client": "a/b"}, "client is 'a/b'"), ({"max_part_bytes": 1}, "max_part_bytes")],
)
def test_a_wrong_setting_is_a_usage_error_in_one_line(target: Maker, config: dict[str, Any], words: str) -> None:
    done = target(**config).run(SCHEMA)
    assert done.returncode == 2
    assert words in one_line(done.stderr)


def test_a_settings_file_that_is_not_there_is_a_usage_error(target: Maker) -> None:
    process = target().start()
    process.communicate(b"", timeout=30)
    done = subprocess.run([process.args[0], "--config", "/nowhere.json"], capture_output=True, input=b"", check=False)
    assert done.returncode == 2
    assert b"/nowhere.json" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Kind.STATUS, match=r"^PUT .*csv\.gz", status=503, times=2),
        Fault(Kind.STATUS, match=r"^PUT .*manifest", status=500, times=2),
        Fault(Kind.REFUSE, match=r"^PUT .*csv\.gz", times=2),
        Fault(Kind.TORN_REQUEST, match=r"^PUT .*csv\.gz", after_bytes=20),
        Fault(Kind.LOST_ANSWER, match=r"^PUT .*csv\.gz"),
        Fault(Kind.LOST_ANSWER, match=r"^PUT .*manifest"),
        Fault(Kind.TORN_ANSWER, match=r"^PUT .*manifest", after_bytes=0),
    ],
    ids=lambda fault: f"{fault.kind.value} {fault.match[-8:]}",
)
def test_a_passing_fault_of_s3_loses_and_repeats_nothing(target: Maker, proxy: FaultProxy, fault: Fault) -> None:
    proxy.inject(fault)
    made = target()
    done = made.run(SCHEMA, record(1), record(2), state(2), **through(proxy))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["bookmarks"] == {"s": 2}
    assert made.ids() == [1, 2]
    assert fault.broken


@pytest.mark.parametrize("match", [r"^PUT .*csv\.gz", r"^PUT .*manifest"])
def test_an_s3_that_stays_down_fails_the_run_within_the_budget(target: Maker, proxy: FaultProxy, match: str) -> None:
    proxy.inject(Fault(Kind.STATUS, match=match, status=503, times=1000))
    made = target(s3_retry_seconds=1)
    done = made.run(SCHEMA, record(1), state(1), **through(proxy))
    assert (done.returncode, done.stdout) == (1, b"")
    assert "s3://lake/" in one_line(done.stderr)
    assert made.manifests() == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_wait_for_input_and_state_is_true(
    target: Maker, to_lines: Callable[..., bytes], number: int, code: int
) -> None:
    made = target(checkpoint_rows=1)
    process = made.start()
    process.stdin.write(to_lines(SCHEMA, record(1), state(1)))
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["bookmarks"] == {"s": 1}
    process.stdin.write(to_lines(record(2)))
    process.stdin.flush()
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    assert (process.returncode, output) == (code, b"")
    assert made.ids() == [1]


def test_a_signal_delivers_what_a_waiting_state_covers(target: Maker, to_lines: Callable[..., bytes]) -> None:
    made = target()
    process = made.start()
    process.stdin.write(to_lines(SCHEMA, record(1), state(1)))
    process.stdin.flush()
    wait_until_read(process)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 143
    told = [json.loads(line)["bookmarks"]["s"] for line in output.splitlines()]
    assert made.ids() == list(range(1, 1 + len(told)))


def wait_until_read(process: subprocess.Popen[bytes]) -> None:
    """Until the pipe to the process is empty: what was written is in its hands."""
    import array
    import fcntl
    import termios
    import time

    waiting = array.array("i", [1])
    while waiting[0]:
        time.sleep(0.05)
        fcntl.ioctl(process.stdin, termios.FIONREAD, waiting)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("seed", range(4))
def test_a_kill_at_any_moment_never_lets_state_lead(
    target: Maker, to_lines: Callable[..., bytes], number: int, seed: int
) -> None:
    made = target(checkpoint_rows=50)
    process = made.start()
    process.stdin.write(to_lines(SCHEMA))
    told = last = 0
    chance = random.Random(seed)
    last_block, last_told = chance.randrange(40, 300), chance.randrange(1, 6)
    try:
        for block in range(301):
            first = block * 20
            process.stdin.write(to_lines(*map(record, range(first, first + 20)), state(first + 20)))
            process.stdin.flush()
            while select.select([process.stdout], [], [], 0)[0] and (line := process.stdout.readline()):
                told += 1
                last = json.loads(line)["bookmarks"]["s"]
            if told >= last_told or block >= last_block:
                process.send_signal(number)
                break
    except BrokenPipeError:
        pass
    output, _ = process.communicate(timeout=60)
    for line in output.splitlines():
        last = json.loads(line)["bookmarks"]["s"]
    ids = made.ids()
    assert process.returncode not in (0, 1)
    assert set(range(last)) <= set(ids)
    assert len(ids) == len(set(ids))


def test_an_output_that_is_closed_is_told_in_one_line(target: Maker, to_lines: Callable[..., bytes]) -> None:
    made = target()
    process = made.start()
    process.stdout.close()
    process.stdin.write(to_lines(SCHEMA, record(1), state(1)))
    process.stdin.close()
    assert ended(process) == 1
    error = process.stderr.read()
    assert "standard output is closed" in one_line(error)
    assert made.ids() == [1]
    process.stderr.close()


def test_an_output_on_a_full_disk_is_told_in_one_line(target: Maker, to_lines: Callable[..., bytes]) -> None:
    """I4: the STATE file cannot be written."""
    made = target()
    first = made.start()
    first.communicate(b"", timeout=30)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            first.args, input=to_lines(SCHEMA, record(1), state(1)), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert "No space left on device" in one_line(done.stderr)
    assert made.ids() == [1]


def test_a_tap_that_died_in_mid_line_is_an_error_after_what_came_before(
    target: Maker, to_lines: Callable[..., bytes]
) -> None:
    made = target()
    process = made.start()
    output, error = process.communicate(to_lines(SCHEMA, record(1), state(1)) + b'{"type":"RECORD","str', timeout=30)
    assert process.returncode == 1
    assert "in the middle of line 4" in one_line(error)
    assert json.loads(output)["bookmarks"] == {"s": 1}
    assert made.ids() == [1]


def test_a_partial_run_ends_with_3(target: Maker) -> None:
    receipt = {"run_id": "r", "complete": False}
    done = target().run(SCHEMA, record(1), {"type": "STATE", "value": {"bookmarks": {}, "dif": receipt}})
    assert done.returncode == 3
    assert "the tap did not send all" in one_line(done.stderr)
    assert done.stdout
