"""make bench what=redshift: Singer lines into a warehouse, target-redshift and pipelinewise-target-redshift from PyPI.

Both read the same file and load through the same front: first into an empty schema, then a second day of which half the
keys are there. What counts is the whole process. After each run the table is compared with what was sent.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from _ads import KEYS, SCHEMA, rows
from _measure import CONSOLE, RESULTS, Case, Round, ratio, report, run_once
from dif_sandbox.services import Sandbox

ROOT = Path(__file__).parents[1]
RECORDS = int(os.environ.get("BENCH_RECORDS", "200000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
OURS, PEER = "target-redshift", "pipelinewise-target-redshift"
DAYS = ("first load", "upsert")
# The peer uses a name that left Python in 3.10; nothing else is given to it.
START = (
    "import collections, collections.abc; collections.MutableMapping = collections.abc.MutableMapping;"
    "from target_redshift import main; main()"
)


def day(number: int) -> Iterator[dict[str, Any]]:
    """The rows of a day: those of the second begin in the middle of the first one's, and say something else."""
    for row in rows(RECORDS, start=number * RECORDS // 2):
        yield {**row, "clicks": (row["clicks"] or 0) + number}


def write(path: Path, number: int) -> None:
    """A day as Singer lines; the rows are all there is in it."""
    with path.open("w") as file:
        file.write('{"type": "STATE", "value": {"bookmarks": {}}}\n')  # the peer falls over a batch before any STATE
        schema = {"type": "SCHEMA", "stream": "ads", "schema": SCHEMA, "key_properties": list(KEYS)}
        file.write(json.dumps(schema) + "\n")
        for row in day(number):
            message = {"type": "RECORD", "stream": "ads", "record": row}
            file.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n")
        file.write(json.dumps({"type": "STATE", "value": {"bookmarks": {}, "day": number}}) + "\n")


def expected() -> list[tuple[int, int, int]]:
    """Rows, clicks and impressions of the table after each day."""
    table: dict[tuple[Any, ...], tuple[int, int]] = {}
    after = []
    for number in range(len(DAYS)):
        for row in day(number):
            table[tuple(row[key] for key in KEYS)] = (row["clicks"], row["impressions"] or 0)
        after.append((len(table), sum(each for each, _ in table.values()), sum(each for _, each in table.values())))
    return after


def settings(told: Mapping[str, str], login: Mapping[str, str], folder: Path) -> dict[str, list[str | Path]]:
    """The commands; each reads its config from a file."""
    place = {"host": told["TARGET_REDSHIFT_HOST"], "port": int(told["TARGET_REDSHIFT_PORT"])}
    configs: dict[str, dict[str, Any]] = {
        OURS: {
            **place,
            "database": told["TARGET_REDSHIFT_DATABASE"],
            "credential_ref": told["DIF_CREDENTIALS"] + "/demo/redshift",
            "iam_role": told["TARGET_REDSHIFT_IAM_ROLE"],
            "bucket": told["TARGET_REDSHIFT_BUCKET"],
            "client": "bench",
            "schema": "ours",
        },
        PEER: {
            **place,
            "dbname": told["TARGET_REDSHIFT_DATABASE"],
            **login,
            "aws_redshift_copy_role_arn": told["TARGET_REDSHIFT_IAM_ROLE"],
            "s3_bucket": told["TARGET_REDSHIFT_BUCKET"],
            "s3_key_prefix": "peer/",
            "default_target_schema": "theirs",
            "compression": "gzip",
            "slices": 4,
        },
    }
    for name, config in configs.items():
        (folder / f"{name}.json").write_text(json.dumps(config))
    peer = ROOT / ".venv-peers" / "pipelinewise" / "bin" / "python"
    return {
        OURS: [Path(sys.executable).with_name("target-redshift"), "--config", folder / f"{OURS}.json"],
        PEER: [peer, "-c", START, "--config", folder / f"{PEER}.json"],
    }


def measure(
    connection: psycopg.Connection[Any], commands: Mapping[str, list[str | Path]], told: Mapping[str, str], folder: Path
) -> list[Round]:
    """Both targets, both days, in turn; each table as it must be."""
    wanted, measured = expected(), []
    for number in range(ROUNDS):
        for name, command in commands.items():
            schema = "ours" if name == OURS else "theirs"
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
            for each, said in enumerate(DAYS):
                case = Case(f"{name}, {said}", command, RECORDS, told, stdin=folder / f"{each}.jsonl")
                with CONSOLE.status(f"round {number + 1} of {ROUNDS}: {case.name}"):
                    measured.append(run_once(case))
                found = connection.execute(
                    f"SELECT COUNT(*), SUM(clicks), SUM(impressions) FROM {schema}.ads".encode()
                ).fetchone()
                if found is None or tuple(map(int, found)) != wanted[each]:
                    sys.exit(f"bench: {case.name}: the table holds {found}, {wanted[each]} was sent")
                CONSOLE.print(f"[{number + 1}/{ROUNDS}] {case.name}: {measured[-1].wall:.1f} s", highlight=False)
    return measured


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, Sandbox(Path(name) / "sandbox", services=["redshift"]) as sandbox:
        folder, told = Path(name), sandbox.environment()
        login = json.loads(Path(told["DIF_CREDENTIALS"].removeprefix("file://"), "demo", "redshift").read_text())
        for number in range(len(DAYS)):
            write(folder / f"{number}.jsonl", number)
        with psycopg.connect(
            host=told["TARGET_REDSHIFT_HOST"], port=told["TARGET_REDSHIFT_PORT"],
            dbname=told["TARGET_REDSHIFT_DATABASE"], **login, client_encoding="utf8", autocommit=True,
            prepare_threshold=None,
        ) as connection:  # fmt: skip
            measured = measure(connection, settings(told, login, folder), told, folder)
    ratios = {said: ratio(measured, f"{OURS}, {said}", f"{PEER}, {said}") for said in DAYS}
    report(
        "redshift",
        measured,
        ratio=min(ratios.values()),
        of=f"records/s of {OURS} / {PEER}, {RECORDS:,} records, the worse of first load and upsert",
        packages=["target-redshift", "redshift-connector", "dif-sandbox"],
        ratios={said: round(each, 2) for said, each in ratios.items()},
        cpu_ratio=round(statistics.median(_cpu(measured, PEER)) / statistics.median(_cpu(measured, OURS)), 2),
    )


def _cpu(measured: list[Round], name: str) -> list[float]:
    return [each.cpu for each in measured if each.case.startswith(name)]


if __name__ == "__main__":
    main()
