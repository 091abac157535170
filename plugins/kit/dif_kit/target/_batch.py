"""The files that a BATCH message names, into records."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from dif_kit.errors import DeliveryError
from dif_kit.target._parquet import Bad, parquet_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.target._messages import Message

__all__ = ["batch_records"]

_CHUNK_BYTES: Final = 1024 * 1024
_COMPRESSIONS: Final = {None: "disable", "none": "disable", "gzip": ".gz"}
_RAW: Final = msgspec.json.Decoder(msgspec.Raw)
_SCHEMES: Final = ("", "file", "s3")


class _Encoding(msgspec.Struct):
    format: str
    compression: str | None = None


def batch_records(message: Message, line: int, max_line_bytes: int) -> Iterator[tuple[list[msgspec.Raw], list[Bad]]]:
    """The records of the files of a BATCH, some at a time, and those that cannot be read exactly.

    Files are JSON lines, gzipped or not, or Parquet, in local folders or on S3.

    Raises:
        DeliveryError: a file is of another format, or cannot be read.
    """
    import smart_open  # noqa: PLC0415 - slow to import, and few taps send BATCH

    try:
        encoding = msgspec.json.decode(message.encoding, type=_Encoding)
        files = msgspec.json.decode(message.manifest, type=list[str])
    except msgspec.DecodeError as error:
        raise DeliveryError(f"line {line} of the input is a BATCH that cannot be read: {error}") from error
    for file in files:
        where = f"BATCH file {file} (line {line} of the input)"
        if urlsplit(file).scheme not in _SCHEMES:
            raise DeliveryError(f"{where}: only file:// and s3:// are read")
        try:
            match encoding.format, encoding.compression:
                case "jsonl", None | "none" | "gzip":
                    with smart_open.open(file, "rb", compression=_COMPRESSIONS[encoding.compression]) as content:
                        yield from _lines(content, where, max_line_bytes)
                case "parquet", _:
                    with smart_open.open(file, "rb", compression="disable") as content:
                        yield from parquet_records(content, where)
                case _:
                    raise DeliveryError(
                        f"line {line}: BATCH files as {encoding.format}/{encoding.compression} are not read: "
                        "let the tap write `jsonl`, gzipped or not, or `parquet`",
                    )
        except (OSError, EOFError) as error:
            raise DeliveryError(f"{where} cannot be read: {error}") from error


def _lines(content: IO[bytes], where: str, max_line_bytes: int) -> Iterator[tuple[list[msgspec.Raw], list[Bad]]]:
    while lines := content.readlines(_CHUNK_BYTES):
        raws: list[msgspec.Raw] = []
        bad: list[Bad] = []
        for text in lines:
            if len(text) > max_line_bytes:
                raise DeliveryError(f"{where} has a line longer than max_line_bytes ({max_line_bytes})")
            if not text.strip():
                continue
            try:
                text.decode()
                raws.append(msgspec.Raw(bytes(_RAW.decode(text))))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                bad.append((text.rstrip(b"\r\n"), f"the line of a BATCH file is not exact JSON: {error}"))
        yield raws, bad
