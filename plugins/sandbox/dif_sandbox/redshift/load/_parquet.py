"""Parquet files: columns by position, types checked.

Source: developer guide, copy-usage_notes-copy-from-columnar. Needs pyarrow, the extra `parquet` of this package.
"""

from __future__ import annotations

import importlib
import json
import tempfile
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from dif_sandbox.redshift._errors import FEATURE_NOT_SUPPORTED, INTERNAL, RedshiftError
from dif_sandbox.redshift.load._errors import RowError
from dif_sandbox.redshift.load._formats import Piece
from dif_sandbox.redshift.load._values import NULL, converter, escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dif_sandbox.redshift.load._columns import Column
    from dif_sandbox.redshift.sql import Options

__all__ = ["ParquetRows"]

BATCH_ROWS = 4096
SPOOLED_BYTES = 64 << 20  # kept in memory; a larger file goes to disk
FITS = {  # what a Parquet type, by the start of its Arrow name, may be loaded into
    "bool": {"bool"},
    "int8": {"int2", "int4", "int8"},
    "int16": {"int2", "int4", "int8"},
    "int32": {"int4", "int8"},
    "int64": {"int8"},
    "float": {"float4"},
    "double": {"float8"},
    "decimal": {"numeric"},
    "string": {"varchar", "bpchar", "jsonb"},
    "large_string": {"varchar", "bpchar", "jsonb"},
    "binary": {"bytea"},
    "date32": {"date"},
    "timestamp": {"timestamp", "timestamptz"},
    "time": {"time"},
    "struct": {"jsonb"},
    "list": {"jsonb"},
    "map": {"jsonb"},
}
NESTED = ("struct", "list", "map")


class ParquetRows:
    """The format of FORMAT PARQUET."""

    def __init__(self, columns: Sequence[Column], options: Options) -> None:
        try:
            self._parquet = importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            message = "COPY from Parquet needs pyarrow: install dif-sandbox[parquet]"
            raise RedshiftError(message, FEATURE_NOT_SUPPORTED) from error
        self._columns, self._options = columns, options
        automatic = {"TIMEFORMAT": "auto", "DATEFORMAT": "auto", **options}
        self._converters = [converter(column, automatic) for column in columns]

    def read(self, stream: IO[bytes], url: str) -> Iterator[Piece]:
        """The rows of one file."""
        with tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as local:  # Parquet is read from its end
            while chunk := stream.read(1 << 20):
                local.write(chunk)
            local.seek(0)
            file = self._open(local, url)
            self._check(file.schema_arrow, url)
            for batch in file.iter_batches(BATCH_ROWS):
                columns = [self._column(at, column.to_pylist(), url) for at, column in enumerate(batch.columns)]
                rows = ["\t".join(row) for row in zip(*columns, strict=True)]
                yield Piece(("\n".join(rows) + "\n").encode(), len(rows), ())

    def _open(self, local: IO[bytes], url: str) -> Any:  # noqa: ANN401 - pyarrow has no types
        try:
            return self._parquet.ParquetFile(local)
        except (OSError, ValueError) as error:
            raise _scan_error(f"{url} has an invalid Parquet format: {error}") from error

    def _check(self, schema: Any, url: str) -> None:  # noqa: ANN401 - pyarrow has no types
        if len(schema) != len(self._columns):
            raise _scan_error(f"{url}: the file has {len(schema)} columns, the table {len(self._columns)}")
        for field, column in zip(schema, self._columns, strict=True):
            kind = next((name for name in FITS if str(field.type).startswith(name)), "")
            nested = str(field.type).startswith(NESTED)
            if column.type not in FITS.get(kind, ()) or (nested and "SERIALIZETOJSON" not in self._options):
                raise _scan_error(
                    f"{url} has an incompatible Parquet schema for column '{field.name}'. Column type:"
                    f" {column.redshift_type}, Parquet schema: {field.type}"
                )

    def _column(self, at: int, values: list[Any], url: str) -> list[str]:
        column = self._columns[at]
        try:
            texts = [None if value is None else self._value(at, value) for value in values]
        except RowError as error:
            raise _scan_error(f"{url}, column {column.name}: {error.reason}") from error
        if column.not_null and None in texts:
            raise _scan_error(f"{url}, column {column.name}: Missing data for not-null field")
        return [NULL if text is None else text for text in texts]

    def _value(self, at: int, value: object) -> str | None:
        if self._columns[at].type == "jsonb":  # a text stays a string unless it was nested
            return escape(json.dumps(value, ensure_ascii=False, default=_plain))
        if isinstance(value, bytes):
            return escape("\\x" + value.hex())
        if isinstance(value, float):
            return repr(value)
        return self._converters[at](_plain(value))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def _scan_error(detail: str) -> RedshiftError:
    return RedshiftError("Spectrum Scan Error", INTERNAL, detail=detail)
