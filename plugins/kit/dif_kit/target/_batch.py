"""The files that a BATCH message names, into records."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
import smart_open

from dif_kit.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.target._messages import Message

__all__ = ["batch_records"]

_CHUNK_BYTES: Final = 1024 * 1024
_COMPRESSIONS: Final = {None: "disable", "none": "disable", "gzip": ".gz"}
_SCHEMES: Final = ("", "file", "s3")


class _Encoding(msgspec.Struct):
    format: str
    compression: str | None = None


def batch_records(message: Message, line: int, max_line_bytes: int) -> Iterator[list[msgspec.Raw]]:
    """The records of the files of a BATCH, some at a time: JSON lines, gzipped or not, in local files or on S3.

    Raises:
        DeliveryError: a file is of another format, cannot be read, or holds what is not JSON.
    """
    try:
        encoding = msgspec.json.decode(message.encoding, type=_Encoding)
        files = msgspec.json.decode(message.manifest, type=list[str])
    except msgspec.DecodeError as error:
        raise DeliveryError(f"line {line} of the input is a BATCH that cannot be read: {error}") from error
    if encoding.format != "jsonl" or encoding.compression not in _COMPRESSIONS:
        raise DeliveryError(
            f"line {line}: BATCH files as {encoding.format}/{encoding.compression} are not read: "
            "let the tap write `jsonl`, gzipped or not",
        )
    for file in files:
        yield from _file_records(file, _COMPRESSIONS[encoding.compression], line, max_line_bytes)


def _file_records(file: str, compression: str, line: int, max_line_bytes: int) -> Iterator[list[msgspec.Raw]]:
    where = f"BATCH file {file} (line {line} of the input)"
    if urlsplit(file).scheme not in _SCHEMES:
        raise DeliveryError(f"{where}: only file:// and s3:// are read")
    try:
        with smart_open.open(file, "rb", compression=compression) as content:
            yield from _lines(content, where, max_line_bytes)
    except (OSError, EOFError) as error:
        raise DeliveryError(f"{where} cannot be read: {error}") from error


def _lines(content: IO[bytes], where: str, max_line_bytes: int) -> Iterator[list[msgspec.Raw]]:
    while lines := content.readlines(_CHUNK_BYTES):
        raws = []
        for text in lines:
            if len(text) > max_line_bytes:
                raise DeliveryError(f"{where} has a line longer than max_line_bytes ({max_line_bytes})")
            if text.strip():
                raws.append(_record(text, where))
        yield raws


def _record(text: bytes, where: str) -> msgspec.Raw:
    try:
        text.decode()
        raw: Any = msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DeliveryError(f"{where} holds a line that is not exact JSON: {error}") from error
    return msgspec.Raw(bytes(raw))
