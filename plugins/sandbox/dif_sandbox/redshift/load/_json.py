"""JSON files: 'auto', 'auto ignorecase', 'noshred' and JSONPaths.

Source: developer guide, copy-usage_notes-copy-from-json, copy-parameters-data-format, ingest-super.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import IO, TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError

from dif_sandbox.redshift._errors import INTERNAL, RedshiftError
from dif_sandbox.redshift.load._encode import MAX_ROW
from dif_sandbox.redshift.load._errors import MISSING_NOT_NULL, LoadError, RowError, load_error
from dif_sandbox.redshift.load._formats import Piece
from dif_sandbox.redshift.load._json_text import EXACT, Json, check_json, render
from dif_sandbox.redshift.load._s3 import s3_error, split_url
from dif_sandbox.redshift.load._values import NULL, converter, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_s3 import S3Client

    from dif_sandbox.redshift.load._columns import Column
    from dif_sandbox.redshift.sql import Options

__all__ = ["JsonRows"]

READ_BYTES = 1 << 18
PIECE_CHARACTERS = 1 << 18
BLANK = re.compile(r"\s*")
STEP = re.compile(r"""\.(?P<name>\w+)|\[\s*(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<position>\d+))\s*\]""")


class JsonRows:
    """The format of FORMAT JSON."""

    def __init__(self, columns: Sequence[Column], options: Options, client: S3Client) -> None:
        self._columns = columns
        self._converters = [converter(column, options) for column in columns]
        self._pick = _picker(options["JSON"], columns, client)

    def read(self, stream: IO[bytes], url: str) -> Iterator[Piece]:
        """The rows of one file."""
        rows: list[str] = []
        errors: list[LoadError] = []
        size = 0
        for line, text in _objects(stream, url):
            row = self._row(url, line, text)
            if isinstance(row, LoadError):
                errors.append(row)
            else:
                rows.append(row)
                size += len(row)
            if size > PIECE_CHARACTERS or errors:
                yield _piece(rows, errors)
                rows, errors, size = [], [], 0
        yield _piece(rows, errors)

    def _row(self, url: str, line: int, text: str) -> str | LoadError:
        picked = self._pick(text)
        values: list[str] = []
        for at, (column, value) in enumerate(zip(self._columns, picked, strict=True)):
            try:
                values.append(self._value(at, column, value))
            except RowError as error:
                raw = "" if value is None else render(value)
                return load_error(url, line, error, text, column=column, raw_value=raw)
        return "\t".join(values)

    def _value(self, at: int, column: Column, value: Json) -> str:
        converted: str | None
        if value is None:
            converted = None
        elif column.type == "jsonb":
            document = render(value)
            check_json(document)
            converted = escape(document)
        else:
            converted = self._converters[at](value if isinstance(value, str) else render(value))
        if converted is None and column.not_null:
            raise RowError(MISSING_NOT_NULL, "Missing data for not-null field")
        return NULL if converted is None else converted


def _piece(rows: list[str], errors: list[LoadError]) -> Piece:
    return Piece(("\n".join(rows) + "\n").encode() if rows else b"", len(rows), errors)


def _objects(stream: IO[bytes], url: str) -> Iterator[tuple[int, str]]:
    """The objects of a file one after another, with the line on which each starts."""
    decode = codecs.getincrementaldecoder("utf8")("surrogateescape").decode
    buffer, at, line, ended = "", 0, 1, False
    while True:
        blank = BLANK.match(buffer, at)
        assert blank is not None  # noqa: S101 - it matches the empty text too
        line += buffer.count("\n", at, blank.end())
        at = blank.end()
        if at == len(buffer) and ended:
            return
        try:
            if at == len(buffer):
                raise ValueError  # noqa: TRY301 - the same as an object that is not yet complete
            _, end = EXACT.raw_decode(buffer, at)
        except ValueError as error:
            if ended or len(buffer) - at > MAX_ROW:
                reason = "Invalid JSON" if ended else "Max row size of 4MB exceeded in JSON, or invalid JSON"
                raise RedshiftError(f"Load failed: {reason}: {error}", INTERNAL, detail=f"{url} line {line}") from error
            chunk = stream.read(max(READ_BYTES, len(buffer) - at))
            ended = not chunk
            buffer, at = buffer[at:] + decode(chunk, ended), 0
            continue
        if end - at > MAX_ROW:
            detail = f"{url} line {line}"
            raise RedshiftError("Load failed: Max row size of 4MB exceeded in JSON", INTERNAL, detail=detail)
        yield line, buffer[at:end]
        line += buffer.count("\n", at, end)
        at = end


def _picker(mode: str, columns: Sequence[Column], client: S3Client) -> Callable[[str], list[Json]]:
    names = [column.name for column in columns]
    if mode == "noshred":
        if [column.type for column in columns] != ["jsonb"]:
            raise RedshiftError("JSON 'noshred' loads into exactly one SUPER column", INTERNAL)
        return lambda text: [cast("Json", EXACT.decode(text))]
    if mode in ("auto", "auto ignorecase"):
        fold = mode == "auto ignorecase"

        def pick(text: str) -> list[Json]:
            document = cast("dict[str, Json]", EXACT.decode(text))
            if fold:
                document = {name.lower(): value for name, value in document.items()}
            return [document.get(name) for name in names]

        return pick
    paths = _json_paths(mode, len(columns), client)
    return lambda text: [_follow(cast("Json", EXACT.decode(text)), path) for path in paths]


def _json_paths(url: str, columns: int, client: S3Client) -> list[list[str | int]]:
    bucket, key = split_url(url)
    try:
        document = json.loads(client.get_object(Bucket=bucket, Key=key)["Body"].read())
        paths = document["jsonpaths"]
    except (BotoCoreError, ClientError) as error:
        raise s3_error(error, url) from error
    except (ValueError, KeyError, TypeError) as error:
        raise RedshiftError("Invalid JSONPaths file", INTERNAL, detail=f"{url}: {error!r}") from error
    if len(paths) != columns:
        message = (
            f"Number of jsonpaths and the number of columns should match. JSONPath size: {len(paths)}, Number of"
            f" columns in table or column list: {columns}"
        )
        raise RedshiftError(message, INTERNAL)
    return [_path(path) for path in paths]


def _path(text: str) -> list[str | int]:
    steps: list[str | int] = []
    at = 1
    while text.startswith("$") and at < len(text):
        match = STEP.match(text, at)
        if not match:
            break
        position = match["position"]
        name = next((match[group] for group in ("name", "single", "double") if match[group] is not None), "")
        steps.append(int(position) if position is not None else name)
        at = match.end()
    if at != len(text):
        message = f"Invalid JSONPath format. Supported notations are 'dot-notation' and 'bracket-notation': {text}"
        raise RedshiftError(message, INTERNAL)
    return steps


def _follow(document: Json, path: list[str | int]) -> Json:
    value = document
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value
