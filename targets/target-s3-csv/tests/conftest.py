"""The target as a process, before a real S3 or a broken way to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dif_kit.target import Manifest, find_manifests, read_rows
from dif_sandbox.services import Identity, Seaweed

BUCKET = "lake"
ADMIN = Identity("admin", "AKIAADMIN", "admin-secret")
LOADER = Identity("loader", "AKIALOADER", "loader-secret", (f"Read:{BUCKET}", f"Write:{BUCKET}", f"List:{BUCKET}"))
PROGRAM = str(Path(sys.executable).with_name("target-s3-csv"))


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    folder = tmp_path_factory.mktemp("s3")
    with Seaweed(folder, durable=False, buckets=(BUCKET,), identities=(ADMIN, LOADER)) as server:
        yield server


@pytest.fixture
def environment(seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables that lead to S3, for this process and for those it starts."""
    variables = {
        "AWS_ENDPOINT_URL_S3": seaweed.url,
        "AWS_ACCESS_KEY_ID": LOADER.access_key,
        "AWS_SECRET_ACCESS_KEY": LOADER.secret_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "TARGET_S3_CSV_LOGLEVEL": "WARNING",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **variables}


@dataclass
class Process:
    """The target as an orchestrator starts it."""

    folder: Path
    environment: dict[str, str]
    config: dict[str, Any]

    def start(self, stdin: Any = subprocess.PIPE, **variables: str) -> subprocess.Popen[bytes]:
        file = self.folder / "config.json"
        file.write_text(json.dumps(self.config))
        return subprocess.Popen(
            [PROGRAM, "--config", str(file)],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**self.environment, **variables},
        )  # fmt: skip

    def run(self, *messages: dict[str, Any], **variables: str) -> subprocess.CompletedProcess[bytes]:
        process = self.start(**variables)
        output, error = process.communicate(lines(*messages), timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, output, error)

    def manifests(self) -> list[Manifest]:
        return find_manifests(BUCKET, self.config["prefix"] + "/")

    def ids(self) -> list[int]:
        """The ids of all rows that a manifest lists."""
        return [int(row["id"] or 0) for manifest in self.manifests() for row in read_rows(manifest)]


def lines(*messages: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(message, separators=(",", ":")).encode() + b"\n" for message in messages)


@pytest.fixture
def target(tmp_path: Path, environment: dict[str, str], request: pytest.FixtureRequest) -> Callable[..., Process]:
    """Make a process: ``target(bucket="other").run(message, ...)``."""
    prefix = f"t{abs(hash(request.node.nodeid))}"

    def make(**config: Any) -> Process:
        return Process(tmp_path, environment, {"bucket": BUCKET, "client": "acme", "prefix": prefix, **config})

    return make


@pytest.fixture
def to_lines() -> Callable[..., bytes]:
    return lines
