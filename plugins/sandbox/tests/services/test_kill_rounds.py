"""Twenty rounds of kill -9 while clients write: what was committed is there, whole, and nothing runs on."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
import psutil
import psycopg
import pytest
from dif_sandbox.services import ProcessIdentity, Sandbox

ROUNDS = 20
FILE_ROWS = 2_000
LONG_SECONDS = 60
VICTIMS = (("redshift",), ("postgres",), ("redshift", "postgres"), ("supervisor", "s3", "postgres", "redshift"))


class Writer(threading.Thread):
    """Commits transactions through the front, one after the other, and knows which of them were confirmed."""

    def __init__(self, told: Mapping[str, str], write: Callable[[psycopg.Connection[Any], int], None]) -> None:
        super().__init__(daemon=True)
        self._told, self._write = told, write
        self.confirmed: list[int] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.stopped.is_set():
            # A lost connection may have cost the answer or the commit: the number is not used again.
            with contextlib.suppress(psycopg.Error), connect(self._told) as connection:
                while not self.stopped.is_set():
                    number += 1
                    with connection.transaction():
                        self._write(connection, number)
                    self.confirmed.append(number)
            time.sleep(0.05)


def connect(told: Mapping[str, str]) -> psycopg.Connection[Any]:
    secret = json.loads(Path(told["DIF_CREDENTIALS"].removeprefix("file://"), "demo", "redshift").read_text())
    return psycopg.connect(
        host=told["TARGET_REDSHIFT_HOST"],
        port=told["TARGET_REDSHIFT_PORT"],
        dbname=told["TARGET_REDSHIFT_DATABASE"],
        **secret,
        client_encoding="utf8",
        autocommit=True,
        prepare_threshold=None,
        connect_timeout=10,
    )


def stage(told: Mapping[str, str]) -> str:
    client = boto3.client(
        "s3",
        endpoint_url=told["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
        region_name=told["AWS_DEFAULT_REGION"],
    )
    body = "".join(f"{number}\n" for number in range(FILE_ROWS))
    client.put_object(Bucket=told["TARGET_REDSHIFT_BUCKET"], Key="rows.csv", Body=body.encode())
    client.close()
    return f"s3://{told['TARGET_REDSHIFT_BUCKET']}/rows.csv"


def running(sandbox: Sandbox) -> dict[str, ProcessIdentity]:
    state = sandbox.state()
    assert state is not None
    return {one.name: one.process for one in state.services if one.process} | {"supervisor": state.supervisor}


def of_the_sandbox(folder: Path) -> list[psutil.Process]:
    """Every process of this machine that was started for the folder, or works in it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != psutil.Process().pid and (
                str(folder) in " ".join(process.cmdline()) or Path(process.cwd()).is_relative_to(folder)
            ):
                found.append(process)
    return found


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def committed_since(writers: list[Writer]) -> Callable[[], bool]:
    before = [len(writer.confirmed) for writer in writers]
    return lambda: all(len(writer.confirmed) > seen for writer, seen in zip(writers, before, strict=True))


def insert(connection: psycopg.Connection[Any], number: int) -> None:
    for _ in range(3):
        connection.execute("INSERT INTO inserted VALUES (%s)", (number,))


@pytest.mark.slow
def test_twenty_kills_under_load_lose_no_committed_row_and_leave_no_process(
    make_sandbox: Callable[..., Sandbox], request: pytest.FixtureRequest
) -> None:
    sandbox = make_sandbox("redshift", durable=True)
    sandbox.up()
    told = sandbox.environment()
    load = f"COPY copied FROM '{stage(told)}' IAM_ROLE '{told['TARGET_REDSHIFT_IAM_ROLE']}' CSV"

    def copy(connection: psycopg.Connection[Any], number: int) -> None:
        connection.execute(load)
        connection.execute("INSERT INTO loads VALUES (%s)", (number,))

    with connect(told) as connection:
        for table in ("inserted", "copied", "loads"):
            connection.execute(f"CREATE TABLE {table} (n BIGINT)")
    writers = [Writer(told, insert), Writer(told, copy)]
    for writer in writers:
        writer.start()
        request.addfinalizer(writer.stopped.set)
    chance = random.Random(0)
    for number in range(ROUNDS):
        until(committed_since(writers))
        time.sleep(chance.uniform(0, 0.1))  # a kill in the middle of anything
        victims = VICTIMS[number % len(VICTIMS)]
        before = running(sandbox)
        for name in victims:
            before[name].send(signal.SIGKILL)
        until(lambda before=before, victims=victims: not any(before[name].is_alive() for name in victims))
        if "supervisor" in victims:
            sandbox.up()
        assert sandbox.environment() == told
    until(committed_since(writers))
    for writer in writers:
        writer.stopped.set()
        writer.join(LONG_SECONDS)
        assert not writer.is_alive()

    with connect(told) as connection:
        inserted = dict(connection.execute("SELECT n, count(*) FROM inserted GROUP BY n").fetchall())
        assert set(inserted) >= set(writers[0].confirmed)
        assert set(inserted.values()) == {3}
        loads = [n for (n,) in connection.execute("SELECT n FROM loads").fetchall()]
        assert len(loads) == len(set(loads))
        assert set(loads) >= set(writers[1].confirmed)
        assert connection.execute("SELECT count(*) FROM copied").fetchone() == (FILE_ROWS * len(loads),)
    sandbox.down()
    until(lambda: not of_the_sandbox(sandbox.folder))
