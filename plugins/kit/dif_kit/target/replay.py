"""``dif-replay``: records that were put aside, as Singer messages again."""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click
import msgspec

from dif_kit.errors import ConfigError, DeliveryError, DifError
from dif_kit.target._files import find_objects, read_bytes, read_manifest
from dif_kit.target._quarantine import Entry, SchemaMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["main", "replayed"]

_ENTRY: Final = msgspec.json.Decoder(Entry)
_GZIP: Final = b"\x1f\x8b"
_ABSENT: Final = msgspec.Raw(b"")


class _Record(msgspec.Struct, omit_defaults=True, tag_field="type", tag="RECORD"):
    stream: str
    record: msgspec.Raw
    dif_sequence: int
    time_extracted: msgspec.Raw = _ABSENT
    version: msgspec.Raw = _ABSENT


@click.command(name="dif-replay")
@click.argument("urls", nargs=-1, required=True)
@click.option(
    "--schema",
    type=click.Path(exists=True, dir_okay=False),
    help="File with the JSON Schema of the stream, in place of the one that the records came with.",
)
@click.option("--endpoint-url", help="S3 endpoint, where it is not AWS's own.")
def main(urls: tuple[str, ...], schema: str | None, endpoint_url: str | None) -> None:
    """Send quarantined records again, as SCHEMA and RECORD messages on standard output.

    URLS are quarantine objects, manifests that name one, or folders of them (s3://bucket/prefix/, file:///path/); `-`
    is standard input. A record keeps its place in the order of all rows, so that it does not replace a row that came
    after it. No STATE is sent: bookmarks stay where they are.

    Example: dif-replay s3://lake/raw/acme/tap-x/orders/ | target-redshift --config acme.json
    """
    try:
        sent = _send(replayed(_entries(urls, endpoint_url), _schema_in(schema)))
    except DifError as error:
        click.echo(f"dif-replay: {' '.join(str(error).split())}", err=True)
        sys.exit(error.exit_code)
    click.echo(f"dif-replay: sent {sent} records", err=True)


def replayed(entries: Iterable[Entry], schema: msgspec.Raw | None = None) -> Iterator[tuple[bytes, bool]]:
    """The messages that send the entries again, each with whether it is a RECORD.

    A line that could not be read is sent as it came; it will be put aside again unless somebody mends it. With a
    ``schema``, it stands in place of the one that each record came with.

    Raises:
        ConfigError: a schema is given, but the entries are of more than one stream.
    """
    told: dict[str, SchemaMessage] = {}
    for entry in entries:
        message = entry.schema_message
        if schema is not None:
            message = msgspec.structs.replace(message, schema=schema)
        if told.get(message.stream) != message:
            if schema is not None and told:
                raise ConfigError(f"--schema is for one stream, but there are {', '.join(told)} and {message.stream}")
            told[message.stream] = message
            yield msgspec.json.encode(message), False
        yield _message(entry), True


def _message(entry: Entry) -> bytes:
    if entry.holds == "line":
        return entry.content
    record = _Record(
        stream=entry.schema_message.stream,
        record=msgspec.Raw(entry.content),
        dif_sequence=entry.sequence,
        time_extracted=entry.time_extracted or _ABSENT,
        version=entry.version or _ABSENT,
    )
    return msgspec.json.encode(record)


def _entries(urls: Iterable[str], endpoint_url: str | None) -> Iterator[Entry]:
    """The entries at the URLs, in their order."""
    for url in urls:
        if url == "-":
            yield from _entries_in("standard input", sys.stdin.buffer.read())
        elif url.endswith("/"):
            found = [each for each in _objects(url, endpoint_url) if "/quarantine/" in each]
            if not found:
                raise DeliveryError(f"{url} holds no quarantined records")
            yield from _entries(found, endpoint_url)
        elif url.endswith("/manifest.json"):
            quarantine = read_manifest(url, endpoint_url).quarantine_url
            yield from _entries([quarantine] if quarantine else [], endpoint_url)
        else:
            yield from _entries_in(url, read_bytes(url, endpoint_url))


def _objects(url: str, endpoint_url: str | None) -> list[str]:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return find_objects(url, "")
    return find_objects(parts.netloc, parts.path.lstrip("/"), endpoint_url)


def _entries_in(where: str, content: bytes) -> Iterator[Entry]:
    if content.startswith(_GZIP):
        content = gzip.decompress(content)
    for number, line in enumerate(content.splitlines(), 1):
        try:
            yield _ENTRY.decode(line)
        except msgspec.DecodeError as error:
            raise DeliveryError(f"line {number} of {where} is no quarantined record: {error}") from error


def _schema_in(path: str | None) -> msgspec.Raw | None:
    if path is None:
        return None
    try:
        return msgspec.Raw(bytes(msgspec.json.decode(Path(path).read_bytes(), type=msgspec.Raw)))
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path} is no JSON: {error}") from error


def _send(messages: Iterable[tuple[bytes, bool]]) -> int:
    """Write messages to standard output; the number of records among them."""
    sent = 0
    try:
        for message, is_record in messages:
            sys.stdout.buffer.write(message + b"\n")
            sent += is_record
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter flushes at exit
        raise DeliveryError("the reader of the messages has ended: see what it says") from error
    return sent
