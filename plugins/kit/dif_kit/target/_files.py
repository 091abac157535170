"""Staged units read back: what no manifest lists does not exist."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import shutil
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote, urlsplit

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from dif_kit.errors import DeliveryError
from dif_kit.target._folder import folder_of
from dif_kit.target._manifest import parse_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dif_kit.target._ports import Manifest, Part

__all__ = [
    "fetch_part",
    "find_manifests",
    "find_objects",
    "read_bytes",
    "read_current_rows",
    "read_manifest",
    "read_rows",
    "written_at",
]

_BLOCK_BYTES: Final = 1024 * 1024


def find_manifests(
    bucket: str, prefix: str = "", endpoint_url: str | None = None, run_id: str | None = None
) -> list[Manifest]:
    """All manifests whose key begins with ``prefix``, in the order of stream, start of the run, and unit.

    ``bucket`` is one on S3, or a local folder as ``file:///path``. With a run, ``prefix`` is the folder of a client and
    tap, and what other runs have left there is neither listed nor read, however much it is.

    Raises:
        DeliveryError: S3 refused, or one of the manifests is not ours.
    """
    client = _client(endpoint_url)
    prefixes = [prefix] if run_id is None else [f"{each}{run_id}/" for each in _folders(bucket, prefix, client)]
    urls = [url for each in prefixes for url in find_objects(bucket, each, endpoint_url)]
    found = [_manifest(url, client) for url in urls if url.endswith("/manifest.json")]
    return sorted(found, key=lambda each: (each.stream, each.first_sequence, each.run_id, each.unit))


def find_objects(bucket: str, prefix: str, endpoint_url: str | None = None) -> list[str]:
    """The URLs of all objects whose key begins with ``prefix``, in order; ``bucket`` as `find_manifests`.

    Raises:
        DeliveryError: S3 refused.
    """
    if bucket.startswith("file:"):
        root = folder_of(bucket)
        paths = (root / prefix.rpartition("/")[0]).rglob("*")
        found = [path for path in paths if path.is_file() and not path.name.startswith(".")]
        return sorted(path.as_uri() for path in found if str(path.relative_to(root)).startswith(prefix))
    pages = _pages(_client(endpoint_url), bucket, prefix)
    return [f"s3://{bucket}/{item['Key']}" for page in pages for item in page.get("Contents", ())]


def _folders(bucket: str, folder: str, client: Any) -> list[str]:  # noqa: ANN401 - botocore's clients are made at run time
    """The folders in a folder, as prefixes of keys."""
    if bucket.startswith("file:"):
        root = folder_of(bucket)
        return [f"{path.relative_to(root)}/" for path in (root / folder).glob("*") if path.is_dir()]
    pages = _pages(client, bucket, folder, Delimiter="/")
    return [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", ())]


def _pages(client: Any, bucket: str, prefix: str, **facts: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """What S3 lists below a prefix."""
    try:
        yield from client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **facts)
    except (BotoCoreError, ClientError) as error:
        raise DeliveryError(f"objects of s3://{bucket}/{prefix} cannot be listed: {error}") from error


def read_manifest(url: str, endpoint_url: str | None = None) -> Manifest:
    """The manifest at an ``s3://`` or ``file://`` URL.

    Raises:
        DeliveryError: it is not there, or is not ours.
    """
    return _manifest(url, _client(endpoint_url))


def read_bytes(url: str, endpoint_url: str | None = None) -> bytes:
    """What lies at an ``s3://`` or ``file://`` URL.

    Raises:
        DeliveryError: it cannot be read.
    """
    with _open(url, _client(endpoint_url)) as content:
        return content.read()


def written_at(url: str, endpoint_url: str | None = None) -> datetime:
    """When the object at an ``s3://`` or ``file://`` URL was written; of a manifest, when its unit was committed.

    Raises:
        DeliveryError: it is not there, or S3 refused.
    """
    parts = urlsplit(url)
    try:
        if parts.scheme == "file":
            return datetime.fromtimestamp(Path(unquote(parts.path)).stat().st_mtime, UTC)
        told = _client(endpoint_url).head_object(Bucket=parts.netloc, Key=url.split("/", 3)[3])
    except (OSError, BotoCoreError, ClientError) as error:
        raise DeliveryError(f"{url} cannot be read: {error}") from error
    written: datetime = told["LastModified"]
    return written


def _manifest(url: str, client: Any) -> Manifest:  # noqa: ANN401 - botocore's clients are made at run time
    with _open(url, client) as content:
        try:
            return parse_manifest(content.read())
        except msgspec.DecodeError as error:
            raise DeliveryError(f"{url} is not the manifest of a unit: {error}") from error


def fetch_part(part: Part, to: Path, endpoint_url: str | None = None) -> None:
    """Copy a part, packed as it is, into a local file.

    Raises:
        DeliveryError: it is missing, or its bytes are not what the manifest states.
    """
    with _open(part.url, _client(endpoint_url)) as content, to.open("wb") as file:
        hashed = _Hashed(content)
        shutil.copyfileobj(hashed, file, _BLOCK_BYTES)
    _require_whole(part, part.rows, hashed)


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
            with io.TextIOWrapper(_unpacked(part.url, hashed), encoding="utf-8", newline="") as text:
                lines = csv.reader(text, strict=True)
                if next(lines, None) != names:
                    raise DeliveryError(f"{part.url}: the header is not the manifest's list of columns")
                for rows, cells in enumerate(lines, 1):
                    if len(cells) != len(names):
                        raise DeliveryError(f"{part.url}: row {rows} has {len(cells)} cells for {len(names)} columns")
                    values = (None if value == manifest.null else value for value in cells)
                    yield dict(zip(names, values, strict=True))
            _require_whole(part, rows, hashed)


def read_current_rows(
    manifests: Sequence[Manifest], endpoint_url: str | None = None
) -> Iterator[dict[str, str | None]]:
    """The rows of one stream's units, without those of versions that a unit at or after theirs says are gone.

    ``manifests`` are in the order of `find_manifests`.

    Raises:
        DeliveryError: as `read_rows`.
    """
    active: list[int | None] = []
    version: int | None = None
    for manifest in reversed(manifests):
        stated = [each for each in (version, manifest.activates_version) if each is not None]
        version = max(stated, default=None)
        active.append(version)
    for manifest, lowest in zip(manifests, reversed(active), strict=True):
        for row in read_rows(manifest, endpoint_url):
            if lowest is None or int(row.get("_sdc_table_version") or -1) >= lowest:
                yield row


def _unpacked(url: str, content: io.RawIOBase) -> IO[bytes]:
    """The bytes of a part as they were before they were packed."""
    buffered = io.BufferedReader(content)
    if url.endswith(".gz"):
        return cast("IO[bytes]", gzip.open(buffered, "rb"))
    if url.endswith(".zst"):
        try:
            import zstandard  # noqa: PLC0415 - an extra
        except ImportError:
            raise DeliveryError(f"{url} is packed by zstd, which is not installed: install `dif-kit[zstd]`") from None
        return cast("IO[bytes]", io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(buffered)))
    return cast("IO[bytes]", buffered)


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


def _client(endpoint_url: str | None) -> Any:  # noqa: ANN401 - botocore's clients are made at run time
    """A client takes a tenth of a second to make: one is shared by all who ask as the same identity."""
    identity = tuple(os.environ.get(name) for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    return _shared_client(endpoint_url, identity)


@cache
def _shared_client(endpoint_url: str | None, _identity: tuple[str | None, ...]) -> Any:  # noqa: ANN401
    return get_session().create_client("s3", endpoint_url=endpoint_url)


def _open(url: str, client: Any) -> IO[bytes]:  # noqa: ANN401 - botocore's clients are made at run time
    parts = urlsplit(url)
    if parts.scheme not in ("s3", "file"):
        raise DeliveryError(f"{url} is neither an s3:// nor a file:// URL")
    try:
        if parts.scheme == "file":
            return Path(unquote(parts.path)).open("rb")  # smart_open would look for a file of the quoted name
        import smart_open  # noqa: PLC0415 - slow to import, and a run that only writes does without

        opened: IO[bytes] = smart_open.open(url, "rb", compression="disable", transport_params={"client": client})
    except (OSError, BotoCoreError, ClientError) as error:
        raise DeliveryError(f"{url} cannot be read: {error}") from error
    return opened
