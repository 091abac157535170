"""One JSON value into one CSV value, exactly, or a reason why not: the rule that every faster way must agree with."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Context, Decimal, InvalidOperation
from math import isfinite
from typing import TYPE_CHECKING, Final

import msgspec

from dif_kit.target._ports import Column, ColumnKind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NUMERIC", "PERHAPS_HUGE", "Limits", "RejectedError", "cell", "quoted", "shown", "value"]

NUMERIC: Final = frozenset({ColumnKind.INTEGER, ColumnKind.NUMBER, ColumnKind.DECIMAL})
#: Nested JSON that this is not found in holds no number beyond a double.
PERHAPS_HUGE: Final = re.compile(rb"[0-9][eE][+-]?[0-9]{3}|[0-9]{300}")
_UNQUOTED: Final = NUMERIC | {ColumnKind.BOOLEAN}

_INTEGER: Final = re.compile(rb"-?[0-9]+")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?")
# RFC 3339, and its offsets as many APIs write them: +0000, +00. A microsecond is the finest a warehouse keeps.
_DATETIME: Final = re.compile(_DATE.pattern + "[T ]" + _TIME.pattern + r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?")
_NUL_ESCAPE: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SHOWN: Final = 60
_EXACT: Final = Context(prec=10_000)
_DECIMAL_DIGITS: Final = 38


class RejectedError(Exception):
    """A record cannot be kept as it is; the message is the reason, for the quarantine."""


class Limits(msgspec.Struct, frozen=True):
    """What a destination takes at most, in bytes; None: no limit."""

    text_bytes: int | None = None
    nested_bytes: int | None = None
    row_bytes: int | None = None


def value(column: Column, raw: bytes, limits: Limits) -> bytes | None:
    """The value that a JSON text stands for, as UTF-8 text; None for null and for an absent field (empty ``raw``).

    ``raw`` is valid JSON and valid UTF-8.

    Raises:
        RejectedError: the column cannot hold the value without changing it.
    """
    if not raw or raw == b"null":
        return None
    try:
        return _VALUES[column.kind](column, raw, limits)
    except RejectedError as error:
        raise RejectedError(f"{column.name}: {error}") from None


def cell(kind: ColumnKind, content: bytes | None, null: bytes) -> bytes:
    """A value as it stands in the CSV."""
    if content is None:
        return null
    return content if kind in _UNQUOTED else quoted(content)


def quoted(content: bytes) -> bytes:
    """A text as a quoted CSV cell."""
    return b'"' + content.replace(b'"', b'""') + b'"'


def _text(_column: Column, raw: bytes, limits: Limits) -> bytes:
    content = _string(raw)
    if b"\0" in content:
        raise RejectedError("the text holds a NUL character")
    if limits.text_bytes is not None and len(content) > limits.text_bytes:
        raise RejectedError(f"the text has {len(content)} bytes; the destination takes {limits.text_bytes}")
    return content


def _string(raw: bytes) -> bytes:
    if raw[:1] != b'"':
        raise RejectedError(f"expected a string, found {shown(raw)}")
    return msgspec.json.decode(raw, type=str).encode() if b"\\" in raw else raw[1:-1]


def _integer(_column: Column, raw: bytes, _limits: Limits) -> bytes:
    if not _INTEGER.fullmatch(raw):
        raw = _integral(raw)
    if len(raw) > len("-9223372036854775808") or not -(2**63) <= int(raw) < 2**63:
        raise RejectedError(f"the integer {shown(raw)} does not fit 64 bits")
    return raw


def _integral(raw: bytes) -> bytes:
    """The digits of a number without a fraction: to JSON Schema 1.0 and 1e3 are integers."""
    if raw[:1] in b"-0123456789":
        exact = _decimal_of(raw)
        if exact.adjusted() >= _DECIMAL_DIGITS:
            raise RejectedError(f"the integer {shown(raw)} does not fit 64 bits")
        if exact == exact.to_integral_value():
            return str(int(exact)).encode()
    raise RejectedError(f"expected an integer, found {shown(raw)}")


def _number(_column: Column, raw: bytes, _limits: Limits) -> bytes:
    exact = _decimal_of(raw)
    shortest = repr(float(raw))
    if shortest.encode() != raw and exact != Decimal(shortest):  # infinity, beyond every double, differs too
        raise RejectedError(f"the number {shown(raw)} is not exact as a double; state `multipleOf` to keep a decimal")
    return raw


def _decimal(column: Column, raw: bytes, _limits: Limits) -> bytes:
    scale = column.scale or 0
    exact = _decimal_of(raw)
    if exact:
        # Where its first digit stands is looked at first: 1e999999999 cannot be normalized.
        is_in_reach = -scale <= exact.adjusted() < _DECIMAL_DIGITS - scale
        exponent = exact.normalize(_EXACT).as_tuple().exponent if is_in_reach else None
        if not isinstance(exponent, int) or exponent < -scale:
            raise RejectedError(f"the number {shown(raw)} does not fit DECIMAL({_DECIMAL_DIGITS}, {scale})")
    # Redshift's COPY takes an exponent into a double only.
    return format(exact.normalize(_EXACT), "f").encode() if b"e" in raw.lower() else raw


def _decimal_of(raw: bytes) -> Decimal:
    if raw[:1] not in b"-0123456789":
        raise RejectedError(f"expected a number, found {shown(raw)}")
    try:
        return Decimal(raw.decode())
    except InvalidOperation:  # an exponent of more than 18 digits
        raise RejectedError(f"the number {shown(raw)} is out of range") from None


def _boolean(_column: Column, raw: bytes, _limits: Limits) -> bytes:
    if raw not in (b"true", b"false"):
        raise RejectedError(f"expected true or false, found {shown(raw)}")
    return raw


def _moment(shape: re.Pattern[str], parse: Callable[[str], object], name: str) -> Callable[..., bytes]:
    def convert(_column: Column, raw: bytes, _limits: Limits) -> bytes:
        content = _string(raw)
        text = content.decode()
        try:
            is_valid = shape.fullmatch(text) is not None and parse(text) is not None
        except ValueError:
            is_valid = False
        if not is_valid:
            raise RejectedError(f"expected a {name}, found {shown(raw)}")
        return content

    return convert


def _nested(_column: Column, raw: bytes, limits: Limits) -> bytes:
    if _NUL_ESCAPE.search(raw):
        raise RejectedError("the JSON holds a NUL character")
    if limits.nested_bytes is not None and len(raw) > limits.nested_bytes:
        raise RejectedError(f"the JSON has {len(raw)} bytes; the destination takes {limits.nested_bytes}")
    if limits.nested_bytes is not None and PERHAPS_HUGE.search(raw):
        _require_doubles(raw)
    if limits.text_bytes is not None and len(raw) > limits.text_bytes:
        longest = _longest_string(msgspec.json.decode(raw))
        if longest > limits.text_bytes:
            raise RejectedError(f"a text in the JSON has {longest} bytes; the destination takes {limits.text_bytes}")
    return raw


def _require_doubles(raw: bytes) -> None:
    """See that each number in the JSON is one that a double comes near: COPY refuses a whole file for another."""

    def check(text: str) -> None:
        if not isfinite(value := float(text)) or (not value and Decimal(text)):
            raise RejectedError(f"the JSON holds the number {shown(text.encode())}, which no double comes near")

    with suppress(RecursionError):
        json.loads(raw, parse_float=check, parse_int=check)


def _longest_string(held: object) -> int:
    """The bytes of the longest string anywhere in decoded JSON, names included."""
    if isinstance(held, str):
        return len(held.encode())
    parts = [*held.keys(), *held.values()] if isinstance(held, dict) else held if isinstance(held, list) else ()
    return max(map(_longest_string, parts), default=0)


def shown(raw: bytes) -> str:
    """The beginning of a value, for a reason; of texts the shape alone, as `"99.9 aaa"`.

    A reason goes to logs, to the ledger and to people's telephones; the whole record is where its data may be.
    """
    text = raw[:_SHOWN].decode(errors="replace") + ("…" if len(raw) > _SHOWN else "")
    if b'"' not in raw:
        return text
    return "".join("9" if letter.isdigit() else "a" if letter.isalpha() else letter for letter in text)


_VALUES: Final[dict[ColumnKind, Callable[[Column, bytes, Limits], bytes]]] = {
    ColumnKind.TEXT: _text,
    ColumnKind.INTEGER: _integer,
    ColumnKind.NUMBER: _number,
    ColumnKind.DECIMAL: _decimal,
    ColumnKind.BOOLEAN: _boolean,
    ColumnKind.DATE: _moment(_DATE, date.fromisoformat, "date as 2026-01-31"),
    ColumnKind.DATETIME: _moment(_DATETIME, datetime.fromisoformat, "date-time as 2026-01-31T00:00:00Z"),
    ColumnKind.TIME: _moment(_TIME, time.fromisoformat, "time as 23:59:59"),
    ColumnKind.NESTED: _nested,
}
