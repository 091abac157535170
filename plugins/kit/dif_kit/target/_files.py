"""Staged units read back: what no manifest lists does not exist."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import sys
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import msgspec
import smart_open
from botocore.exceptions import BotoCoreError, ClientError

from dif_kit.errors import DeliveryError
from dif_kit.target._manifest import parse_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.target._ports import Manifest, Part

__all__ = ["find_manifests", "read_manifest", "read_rows"]


def find_manifests(bucket: str, prefix: str = "", endpoint_url: str | None = None) -> list[Manifest]:
    """All manifests whose key begins with ``prefix``, in the order of stream, run id and unit.

    Raises:
        DeliveryError: S3 refused, or one of the manifests is not ours.
    """
    client = _client(endpoint_url)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    try:
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    except (BotoCoreError, ClientError) as error:
        raise DeliveryError(f"objects of s3://{bucket}/{prefix} cannot be listed: {error}") from error
    found = [_manifest(f"s3://{bucket}/{key}", client) for key in keys if key.endswith("/manifest.json")]
    return sorted(found, key=lambda manifest: (manifest.stream, manifest.run_id, manifest.unit))


def read_manifest(url: str, endpoint_url: str | None = None) -> Manifest:
    """The manifest at an ``s3://`` URL.

    Raises:
        DeliveryError: it is not there, or is not ours.
    """
    return _manifest(url, _client(endpoint_url))


def _manifest(url: str, client: Any) -> Manifest:  # noqa: ANN401 - boto3's clients are made at run time
    with _open(url, client) as content:
        try:
            return parse_manifest(content.read())
        except msgspec.DecodeError as error:
            raise DeliveryError(f"{url} is not the manifest of a unit: {error}") from error


def read_rows(manifest: Manifest, endpoint_url: str | None = None) -> Iterator[dict[str, str | None]]:
    """The rows of a unit in their order: text by column name, None for NULL.

    Raises:
        DeliveryError: a part is missing, or its bytes, header or number of rows are not what the manifest states.
            Rows that came before it are then not to be trusted.
    """
    csv.field_size_limit(sys.maxsize)  # the module's own limit of 128 KiB is less than one nested value may have
    client = _client(endpoint_url)
    names = [column.name for column in manifest.columns]
    for part in manifest.parts:
        with _open(part.url, client) as content:
            hashed = _Hashed(content)
            rows = 0
            with gzip.open(io.BufferedReader(hashed), "rt", encoding="utf-8", newline="") as text:
                lines = csv.reader(text, strict=True)
                if next(lines, None) != names:
                    raise DeliveryError(f"{part.url}: the header is not the manifest's list of columns")
                for rows, cells in enumerate(lines, 1):
                    if len(cells) != len(names):
                        raise DeliveryError(f"{part.url}: row {rows} has {len(cells)} cells for {len(names)} columns")
                    values = (None if value == manifest.null else value for value in cells)
                    yield dict(zip(names, values, strict=True))
            _require_whole(part, rows, hashed)


def _require_whole(part: Part, rows: int, hashed: _Hashed) -> None:
    if (rows, hashed.bytes, hashed.digest.hexdigest()) != (part.rows, part.bytes, part.sha256):
        raise DeliveryError(
            f"{part.url} has {rows} rows in {hashed.bytes} bytes; the manifest states {part.rows} in {part.bytes}, "
            "or its checksum differs",
        )


class _Hashed(io.RawIOBase):
    """Bytes that are counted and hashed as they are read."""

    def __init__(self, content: IO[bytes]) -> None:
        super().__init__()
        self._content = content
        self.digest = hashlib.sha256()
        self.bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - the buffer protocol has no type before Python 3.12
        block = self._content.read(len(buffer))
        buffer[: len(block)] = block
        self.digest.update(block)
        self.bytes += len(block)
        return len(block)


def _client(endpoint_url: str | None) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
    return boto3.client("s3", endpoint_url=endpoint_url)


def _open(url: str, client: Any) -> IO[bytes]:  # noqa: ANN401 - boto3's clients are made at run time
    if urlsplit(url).scheme != "s3":
        raise DeliveryError(f"{url} is not an s3:// URL")
    try:
        opened: IO[bytes] = smart_open.open(url, "rb", compression="disable", transport_params={"client": client})
    except (OSError, BotoCoreError, ClientError) as error:
        raise DeliveryError(f"{url} cannot be read: {error}") from error
    return opened
