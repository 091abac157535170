"""What may go: staged files that no manifest lists, and runs that are too old to be asked for."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import boto3
import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from dif_kit.errors import ConfigError, DeliveryError
from dif_kit.target import find_manifests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dif_ledger._facts import Database

__all__ = ["Leftover", "forget_runs", "leftovers", "remove"]

# What a target writes before the manifest. Anything else below the folder is somebody's, and stays.
_OURS: Final = re.compile(r"\.csv(?:\.gz|\.zst)?$|/quarantine/[0-9]{4,}\.jsonl\.gz$|/[0-9]{4,}/schema\.json$")
_SCHEMA: Final = "schema.json"
_AT_ONCE: Final = 1000  # keys that S3 deletes in one call
SAFEST: Final = timedelta(days=1)  # a run may last for hours, and its manifest comes last

# The last run of a client and tap says how they stand, however old it is.
_FORGET: Final = """
DELETE FROM ledger.runs WHERE run_id IN (
    SELECT run_id FROM (
        SELECT run_id, started_at, status, log_path,
            ROW_NUMBER() OVER (PARTITION BY client, tap ORDER BY started_at DESC) AS place
        FROM ledger.runs
    ) AS runs
    WHERE place > 1 AND status <> 'running' AND started_at < %s
) RETURNING run_id, log_path
"""


class Leftover(msgspec.Struct, frozen=True):
    """A file that no manifest lists."""

    url: str
    bytes: int
    written_at: datetime


def leftovers(bucket: str, folder: str, age: timedelta, endpoint_url: str | None, now: datetime) -> list[Leftover]:
    """The files below ``folder`` (it ends with a slash) that are older than ``age`` and that no manifest lists.

    The files are listed first and the manifests read afterwards, so that one that comes meanwhile counts.

    Raises:
        ConfigError: the age is so small that a run could be at work.
        DeliveryError: something cannot be listed, or a manifest cannot be read: then nobody knows what it lists.
    """
    if age < SAFEST:
        raise ConfigError("files younger than a day may belong to a run that is at work: take --older-than 1 or more")
    if not folder.endswith("/") or folder.strip("/") == "":
        raise ConfigError(f"{folder!r} is no folder of a client and tap")
    found = [each for each in _objects(bucket, folder, endpoint_url) if _OURS.search(each.url)]
    listed: set[str | None] = set()
    for manifest in find_manifests(bucket, folder, endpoint_url):
        listed |= {part.url for part in manifest.parts}
        listed |= {manifest.quarantine_url, f"{manifest.url.rpartition('/')[0]}/{_SCHEMA}"}
    return [each for each in found if each.url not in listed and now - each.written_at > age]


def remove(bucket: str, found: Sequence[Leftover], endpoint_url: str | None) -> None:
    """Delete the files.

    Raises:
        DeliveryError: some are still there.
    """
    if bucket.startswith("file:"):
        for each in found:
            _path(each.url).unlink(missing_ok=True)
        return
    client: Any = boto3.client("s3", endpoint_url=endpoint_url)
    for start in range(0, len(found), _AT_ONCE):
        keys = [{"Key": urlsplit(each.url).path.lstrip("/")} for each in found[start : start + _AT_ONCE]]
        try:
            answer = client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        except (BotoCoreError, ClientError) as error:
            raise DeliveryError(f"files of s3://{bucket} cannot be deleted: {error}") from None
        if refused := answer.get("Errors"):
            first = refused[0]
            raise DeliveryError(f"{len(refused)} files are still there: {first['Key']}: {first['Message']}")


def forget_runs(database: Database, before: datetime, *, dry_run: bool) -> int:
    """Delete runs that started before then, with their streams, failures and logs; how many there are.

    What was delivered stays: it is the proof. The last run of a client and tap stays, too.
    """
    with database.transaction(force_rollback=dry_run):
        gone = list(database.execute(_FORGET, (before,)))
    if not dry_run:
        for row in gone:
            if row["log_path"]:
                Path(row["log_path"]).unlink(missing_ok=True)
    return len(gone)


def _objects(bucket: str, folder: str, endpoint_url: str | None) -> Iterator[Leftover]:
    if bucket.startswith("file:"):
        root = _path(bucket) / folder
        for path in sorted(root.rglob("*")):
            if path.is_file():
                facts = path.stat()
                yield Leftover(path.as_uri(), facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))
        return
    client: Any = boto3.client("s3", endpoint_url=endpoint_url)
    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder):
            for each in page.get("Contents", ()):
                yield Leftover(f"s3://{bucket}/{each['Key']}", each["Size"], each["LastModified"])
    except (BotoCoreError, ClientError) as error:
        raise DeliveryError(f"s3://{bucket}/{folder} cannot be listed: {error}") from None


def _path(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))
