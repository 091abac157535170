"""What goes is what no manifest lists; what one lists stays, whatever happens."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import msgspec
import pytest
from dif_kit.errors import ConfigError, DeliveryError
from dif_kit.target import Manifest, Part
from dif_ledger._gc import leftovers, remove
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from conftest import Book, Client

NOW = datetime(2026, 11, 26, tzinfo=UTC)
WEEK = timedelta(days=7)


class Lake:
    """A local folder of a client and tap."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bucket = folder.as_uri()

    def put(self, name: str, content: bytes = b"x", *, days_old: float = 30) -> str:
        path = self.folder / "raw/acme/tap-x" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = (NOW - timedelta(days=days_old)).timestamp()
        os.utime(path, (moment, moment))
        return path.as_uri()

    def manifest(self, unit: int, parts: list[str], quarantine: str | None = None) -> None:
        url = (self.folder / f"raw/acme/tap-x/ads/run-1/{unit:04d}/manifest.json").as_uri()
        made = Manifest(
            url=url, run_id="run-1", client="acme", tap="tap-x", stream="ads", unit=unit,
            parts=tuple(Part(part, 1, 1, "") for part in parts), columns=(), key_properties=(), null="", rows=1,
            quarantined=0, quarantine_url=quarantine,
        )  # fmt: skip
        self.put(f"ads/run-1/{unit:04d}/manifest.json", msgspec.json.encode({"entries": [], "dif": made}))

    def files(self) -> set[str]:
        return {path.as_uri() for path in self.folder.rglob("*") if path.is_file()}

    def found(self, age: timedelta = WEEK) -> set[str]:
        return {each.url for each in leftovers(self.bucket, "raw/acme/tap-x/", age, None, NOW)}


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 60), st.integers(0, 3)), max_size=25), st.integers(1, 30))
@settings(max_examples=25, deadline=None)
def test_what_a_manifest_lists_stays_and_what_is_young_stays(
    parts: list[tuple[bool, float, int]], age_days: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        listed: dict[int, list[str]] = {}
        orphans = set()
        for number, (is_listed, days_old, unit) in enumerate(parts):
            url = lake.put(f"ads/run-1/{unit:04d}/{number:06d}.csv.gz", days_old=days_old)
            if is_listed:
                listed.setdefault(unit, []).append(url)
            elif days_old > age_days:
                orphans.add(url)
        for unit, urls in listed.items():
            lake.manifest(unit, urls)
            lake.put(f"ads/run-1/{unit:04d}/schema.json")
        before = lake.files()
        found = leftovers(lake.bucket, "raw/acme/tap-x/", timedelta(days=age_days), None, NOW)
        remove(lake.bucket, found, None)
        assert before - lake.files() == orphans


def test_quarantine_schemas_and_what_is_somebody_elses_are_told_apart(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    kept = lake.put("ads/run-1/quarantine/0001.jsonl.gz")
    lake.manifest(1, [], kept)
    lake.put("ads/run-1/0001/schema.json")
    lake.put("ads/latest.json")
    lake.put("notes.txt")
    gone = {lake.put("ads/run-1/quarantine/0002.jsonl.gz"), lake.put("ads/run-1/0002/schema.json")}
    assert lake.found() == gone


def test_where_a_manifest_cannot_be_read_nothing_goes(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.put("ads/run-1/0001/000001.csv.gz")
    lake.put("ads/run-1/0001/manifest.json", b'{"entries": [')
    with pytest.raises(DeliveryError, match="is not the manifest of a unit"):
        lake.found()


def test_an_age_at_which_a_run_may_be_at_work_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at work"):
        Lake(tmp_path).found(timedelta(hours=3))


def test_on_s3_what_was_delivered_is_still_proved_afterwards(client: Client, command: Callable[..., Any]) -> None:
    row = {"id": 1, "account": "a", "day": "2026-11-01"}
    client.load("orders", [row], "run-1")
    s3 = boto3.client("s3", endpoint_url=client.config["endpoint_url"])
    orphan = f"raw/{client.name}/tap-shop/orders/run-0/0001/000001.csv.gz"
    s3.put_object(Bucket=client.config["bucket"], Key=orphan, Body=b"torn")
    later = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%S%z")
    asked = ("gc", "files", client.name, "tap-shop", "target-redshift", "--target-config", str(client.config_file))
    dry = command(*asked, "--now", later, "--dry-run")
    assert "gc: 1 files, 0.0 MiB, would go" in dry.out
    assert orphan in dry.out
    assert "gc: 1 files, 0.0 MiB, are gone" in command(*asked, "--now", later).out
    assert "gc: 0 files" in command(*asked, "--now", later).out
    s3.close()
    assert client.verify().code == 0


def test_old_runs_are_forgotten_their_deliveries_and_the_last_run_are_not(
    book: Book, command: Callable[..., Any], tmp_path: Path
) -> None:
    log = tmp_path / "run.log"
    log.touch()
    whole = {"ads": {"windows": [("1", "2026-11-01", "2026-11-25")]}}
    for days in (500, 450, 420):
        streams = json.loads(json.dumps(whole))
        book.run(NOW - timedelta(days=days), streams=streams, log_path=str(log) if days == 500 else None)
    book.run(NOW - timedelta(days=440), client="globex", streams=json.loads(json.dumps(whole)))
    at = NOW.strftime("%Y-%m-%dT%H:%M:%S%z")
    assert "gc: 2 runs would go" in command("gc", "runs", "--dry-run", "--now", at).out
    assert log.exists()
    assert "gc: 2 runs are gone" in command("gc", "runs", "--now", at).out
    assert not log.exists()

    def count(table: str) -> Any:
        return book.connection.execute(f"SELECT COUNT(*) AS n FROM ledger.{table}").fetchone()["n"]  # type: ignore[call-overload,index]

    assert [count(table) for table in ("runs", "streams", "deliveries")] == [2, 2, 4]
