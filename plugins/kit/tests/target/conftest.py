"""A real S3, and a target whose destination remembers what it was given."""

from __future__ import annotations

import gzip
import io
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from dif_kit.delivery import Receipt
from dif_kit.errors import DeliveryError
from dif_kit.target import (
    Destination,
    FileFormat,
    Manifest,
    Noted,
    StagedUnit,
    StreamSchema,
    Target,
    find_manifests,
    read_rows,
)
from dif_sandbox.services import Seaweed

BUCKET = "lake"


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with Seaweed(tmp_path_factory.mktemp("s3"), durable=False, buckets=(BUCKET,)) as server:
        yield server


@pytest.fixture
def s3(seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The server as this process's own S3."""
    identity = seaweed.identities[0]
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweed.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", identity.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", identity.secret_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("DIF_RUN_ID", raising=False)
    return seaweed.client()


@dataclass
class Remembered:
    """A destination that remembers, and fails when it is told to."""

    prepared: list[StreamSchema] = field(default_factory=list)
    delivered: list[list[StagedUnit]] = field(default_factory=list)
    closed: int = 0
    unasked: bool = False
    failure: Exception | None = None
    told_before: list[str] = field(default_factory=list)
    finished: list[tuple[Receipt | None, str]] = field(default_factory=list)
    told: Callable[[], str] = str

    def prepare(self, schema: StreamSchema) -> None:
        self.prepared.append(schema)

    def deliver(self, units: Sequence[StagedUnit]) -> None:
        self.told_before.append(self.told())
        if self.failure:
            raise self.failure
        self.delivered.append(list(units))

    def finish(self, receipt: Receipt | None) -> None:
        self.finished.append((receipt, self.told()))

    def noted(self, units: Sequence[StagedUnit]) -> list[Noted]:
        if self.unasked:
            raise DeliveryError("the destination does not say")
        return [Noted(unit.manifest, unit.manifest.rows, 0, datetime.now(UTC)) for unit in units]

    def close(self) -> None:
        self.closed += 1


class Probe(Target):
    """A target of no use but to be looked at."""

    name = "target-probe"
    schemes = ("s3", "file")
    remembered: Remembered

    @property
    def file_format(self) -> FileFormat:
        return FileFormat.from_config(self.config)

    def destination(self) -> Destination:
        return self.remembered


numbers = itertools.count(1)


@dataclass
class Run:
    """One run of the probe, and what it left on S3."""

    config: dict[str, Any]
    s3: Any
    destination: Remembered
    stdout: Callable[[], str]
    output: str = ""

    def take(self, *messages: dict[str, Any] | str) -> Run:
        target = Probe(config=dict(self.config))
        target.remembered = self.destination
        lines = (line if isinstance(line, str) else json.dumps(line, separators=(",", ":")) + "\n" for line in messages)
        self.destination.told = self._read
        try:
            target.listen(io.StringIO("".join(lines)))
        finally:
            self._read()
        return self

    def _read(self) -> str:
        self.output += self.stdout()
        return self.output

    @property
    def states(self) -> list[Any]:
        return [json.loads(line) for line in self.output.splitlines()]

    @property
    def manifests(self) -> list[Manifest]:
        return find_manifests(self.config["bucket"], self.config["prefix"] + "/")

    def rows(self, stream: str = "s") -> list[dict[str, str | None]]:
        """The rows of all units of a stream, without metadata."""
        found = (row for manifest in self.manifests if manifest.stream == stream for row in read_rows(manifest))
        return [{k: v for k, v in row.items() if not k.startswith(("_sdc_", "_dif_"))} for row in found]

    def object_keys(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=self.config["prefix"] + "/")
        return [item["Key"] for item in listed.get("Contents", [])]

    def content(self, key: str) -> bytes:
        """An object's bytes."""
        content: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    def quarantined(self) -> list[dict[str, Any]]:
        found = []
        for key in self.object_keys():
            if "/quarantine/" in key:
                body = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
                found += [json.loads(line) for line in gzip.decompress(body).splitlines()]
        return found

    def uploads(self) -> list[Any]:
        """Multipart uploads that were begun and neither completed nor aborted."""
        begun = self.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        return [upload for upload in begun if upload["Key"].startswith(self.config["prefix"] + "/")]


@pytest.fixture
def run(s3: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Make a run, with a prefix of its own unless it is given one: ``run(checkpoint_rows=2).take(message, ...)``."""

    def make(**config: Any) -> Run:
        settings = {"bucket": BUCKET, "client": "acme", "tap": "tap-x", "prefix": f"p{next(numbers)}", **config}
        return Run(settings, s3, Remembered(), lambda: capsys.readouterr().out)

    return make
