"""Rows of a Parquet file as the JSON records that say the same."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Bad", "parquet_records"]

Bad = tuple[bytes, str]
_ROWS: Final = 5_000
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def parquet_records(content: IO[bytes], where: str) -> Iterator[tuple[list[msgspec.Raw], list[Bad]]]:
    """The rows of a file, some at a time, and those that JSON cannot say, as text, with the reason.

    Raises:
        DeliveryError: it is no Parquet, has a column twice, or pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise DeliveryError(f"{where} is Parquet, which is not installed: install `dif-kit[parquet]`") from None
    try:
        with parquet.ParquetFile(content) as file:
            names = file.schema_arrow.names
            if len(set(names)) < len(names):
                raise DeliveryError(f"{where} has two columns of one name")
            for batch in file.iter_batches(_ROWS):
                yield _records(batch)
    except pa.ArrowException as error:
        raise DeliveryError(f"{where} is no Parquet that can be read: {error}") from error


def _records(batch: Any) -> tuple[list[msgspec.Raw], list[Bad]]:  # noqa: ANN401 - pyarrow has no types
    columns = [_values(column) for column in batch.columns]
    names = batch.schema.names
    raws: list[msgspec.Raw] = []
    bad: list[Bad] = []
    for row in zip(*columns, strict=True):
        record = dict(zip(names, row, strict=True))
        try:
            raws.append(msgspec.Raw(_ENCODER.encode({name: _plain(value) for name, value in record.items()})))
        except ValueError as error:
            bad.append((json.dumps(record, default=str).encode(), f"the row of a Parquet file: {error}"))
    return raws, bad


def _values(column: Any) -> list[Any]:  # noqa: ANN401
    """The column's values; moments finer than a microsecond as text, for Python has none."""
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        try:
            column = column.cast(pa.timestamp("us", column.type.tz))
        except pa.ArrowInvalid:
            column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    return values


def _plain(value: Any) -> Any:  # noqa: ANN401
    """A value as JSON has it.

    Raises:
        ValueError: JSON has no such value.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number of JSON")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"{value} is no number of JSON")
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, str | int | float | Decimal | None):
        return value
    raise ValueError(f"{type(value).__name__} is no value of JSON")
