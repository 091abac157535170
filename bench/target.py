"""target-s3-csv beside the CSV targets that people use: records a second, gzip and upload to S3 included; its memory.

The same 25 columns for all. The peers are ten and more times slower, so they get a file of fewer records: what is
compared are records a second, start-up included. That of ours takes as long as some 70,000 of its records, so give it
several hundred thousand. What each wrote of the small file is first compared with the source, row by row. Then five
million records go through target-s3-csv alone, and its memory is noted on the way.

All of them validate every record, which is most of what the peers do; pipelinewise-target-s3-csv does it with
jsonschema 3.2, and goes on after most of the errors that it finds. meltanolabs-target-csv neither packs nor uploads.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from _ads import KEYS, SCHEMA, rows
from _measure import CONSOLE, Case, Round, ratio, report, run_in_turn
from _target_rows import require_same
from _venvs import peer
from dif_sandbox.services import Seaweed

HERE = Path(__file__).parent
BUCKET = "lake"
OURS = "target-s3-csv gzip -> S3"
PEERS = {
    "stock singer-sdk BatchSink csv.gz": ("singer-sdk", "singer-sdk==0.54.9"),
    "meltanolabs-target-csv (no gzip)": ("meltanolabs", "meltanolabs-target-csv"),
    "pipelinewise-target-s3-csv gzip -> S3": ("pipelinewise", "pipelinewise-target-s3-csv"),
}


def write_input(path: Path, count: int) -> Path:
    """SCHEMA, RECORDs and a STATE, as singer-sdk writes them."""
    schema = {"type": "SCHEMA", "stream": "ads", "schema": SCHEMA, "key_properties": KEYS}
    with path.open("w") as file:
        file.write(json.dumps(schema) + "\n")
        for row in rows(count):
            row["targeting"] = row["targeting"] or {
                "age": [],
                "geo": [],
            }  # pipelinewise shifts columns where it is null
            file.write(json.dumps({"type": "RECORD", "stream": "ads", "record": row}, separators=(",", ":")) + "\n")
        file.write(json.dumps({"type": "STATE", "value": {"bookmarks": {"ads": count}}}) + "\n")
    return path


class Bench:
    """A folder, an S3, and the targets' settings."""

    def __init__(self, folder: Path, server: Seaweed) -> None:
        self.folder = folder
        self.identity = server.identities[0]
        self.url = server.url
        self.aws = {
            "AWS_ENDPOINT_URL_S3": server.url,
            "AWS_ACCESS_KEY_ID": self.identity.access_key,
            "AWS_SECRET_ACCESS_KEY": self.identity.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        os.environ.update(self.aws)
        for name in ("stock", "meltanolabs", "rows"):
            (folder / name).mkdir()

    def ours(self) -> list[str | Path]:
        config = self._config("ours", {"bucket": BUCKET, "client": "acme", "tap": "tap-ads", "prefix": "ours"})
        return [Path(sys.executable).with_name("target-s3-csv"), "--config", config]

    def cases(self, small: Path, small_count: int) -> list[Case]:
        """The peers' cases."""
        stock, meltanolabs, pipelinewise = (peer(*packages) for packages in PEERS.values())
        settings: dict[str, Any] = {
            "s3_bucket": BUCKET,
            "s3_key_prefix": "pipelinewise/",
            "compression": "gzip",
            "aws_endpoint_url": self.url,
            "aws_access_key_id": self.identity.access_key,
            "aws_secret_access_key": self.identity.secret_key,
        }
        files = {
            "overwrite_behavior": "replace_file",
            "output_path": str(self.folder / "meltanolabs"),
            "file_naming_scheme": "{stream_name}.csv",
        }
        commands: list[list[str | Path]] = [
            [stock, HERE / "_stock_csv_target.py", "--config", self._config("s", {"folder": f"{self.folder}/stock"})],
            [meltanolabs.with_name("target-csv"), "--config", self._config("m", files)],
            [pipelinewise.with_name("target-s3-csv"), "--config", self._config("p", settings)],
        ]  # fmt: skip
        return [Case(name, command, small_count, stdin=small) for name, command in zip(PEERS, commands, strict=True)]

    def fetched(self, prefix: str) -> list[Path]:
        """The objects below a prefix that hold rows, as files."""
        s3 = boto3.client("s3")
        found = []
        for number, item in enumerate(s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])):
            if ".csv" in item["Key"]:
                path = self.folder / "rows" / f"{prefix}-{number}.csv.gz"
                s3.download_file(BUCKET, item["Key"], str(path))
                found.append(path)
        return found

    def _config(self, name: str, settings: dict[str, Any]) -> Path:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(settings))
        return path


def verify(bench: Bench, cases: list[Case], small: Path, count: int) -> None:
    """Every target once over the small file, and what it wrote against the source."""
    run_in_turn([Case(OURS, bench.ours(), count, stdin=small), *cases], 1)
    require_same(OURS, bench.fetched("ours"), count)
    written = [
        list((bench.folder / "stock").iterdir()),
        list((bench.folder / "meltanolabs").iterdir()),
        bench.fetched("pipelinewise"),
    ]
    for case, files in zip(cases, written, strict=True):
        require_same(case.name, files, count)
    CONSOLE.print(f"all four wrote the same {count:,} rows", highlight=False)


def memory(bench: Bench, large: Path, large_count: int, count: int) -> list[float]:
    """The target's memory in MiB after each pass of the large file, until `count` records went in; last, its peak."""
    lines = large.read_bytes().splitlines(keepends=True)
    head, body, tail = lines[0], b"".join(lines[1:-1]), lines[-1]
    resident = []
    process = subprocess.Popen(bench.ours(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin is not None
    process.stdin.write(head)
    for _ in range(count // large_count):
        process.stdin.write(body + tail)
        process.stdin.flush()
        resident.append(_mebibytes(process.pid, "VmRSS"))
    resident.append(_mebibytes(process.pid, "VmHWM"))
    process.stdin.close()
    if process.wait():
        sys.exit(f"bench: {count:,} records: target-s3-csv ended with {process.returncode}")
    return resident


def _mebibytes(pid: int, name: str) -> float:
    """What Linux says of a process; its ``ru_maxrss`` would count what this process held when it forked."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:")) / 1024


def cpu_ratio(measured: Sequence[Round], theirs: str) -> float:
    """How many times as many records ours moves in a second of CPU: less moved by what else the machine does."""
    pairs = zip(*([each for each in measured if each.case == case] for case in (OURS, theirs)), strict=True)
    return statistics.median((mine.records / mine.cpu) / (other.records / other.cpu) for mine, other in pairs)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--peer-records", type=int, default=25_000)
    parser.add_argument("--memory-records", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Seaweed(Path(folder) / "s3", durable=False, buckets=(BUCKET,)) as server,
    ):
        bench = Bench(Path(folder), server)
        small = write_input(Path(folder) / "small.jsonl", options.peer_records)
        large = write_input(Path(folder) / "large.jsonl", options.records)
        cases = bench.cases(small, options.peer_records)
        verify(bench, cases, small, options.peer_records)
        measured = run_in_turn([Case(OURS, bench.ours(), options.records, stdin=large), *cases], options.rounds)
        ratios = {case.name: round(ratio(measured, OURS, case.name), 1) for case in cases}
        resident = memory(bench, large, options.records, options.memory_records)
    report(
        "target",
        measured,
        ratio=min(ratios.values()),
        of="records/s of target-s3-csv over those of the fastest peer",
        packages=("singer-sdk", "msgspec", "isal", "boto3"),
        ratios=ratios,
        cpu_ratios={case.name: round(cpu_ratio(measured, case.name), 1) for case in cases},
        memory_records=options.memory_records,
        memory_mib=[round(each) for each in resident],
    )


if __name__ == "__main__":
    main()
