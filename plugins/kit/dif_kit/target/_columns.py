"""A whole column of JSON values into CSV cells at once; what is not plainly simple goes value by value."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

from dif_kit.target._cells import Limits, cell, value
from dif_kit.target._ports import Column, ColumnKind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ColumnEncoder"]

_QUOTE_OR_NULL: Final = frozenset(b'"n')
_INTEGERS_AND_NULLS: Final = b"0123456789-nul\n"
_PLAIN_NUMBERS_AND_NULLS: Final = b"0123456789-.nul\n"
_BOOLEANS_AND_NULL: Final = frozenset({b"true", b"false", b"null"})
_SURE_INTEGER_DIGITS: Final = 18  # every integer of 18 characters is within 64 bits
_SURE_DOUBLE_DIGITS: Final = 15  # every decimal of 15 significant digits is what its double says (DBL_DIG)
_REMEMBERED: Final = 4096
_FIRST: Final = itemgetter(0)


class ColumnEncoder:
    """The cells of one column, chunk after chunk. Values seen lately are remembered: dates and enums repeat."""

    def __init__(self, column: Column, limits: Limits) -> None:
        self._column = column
        self._limits = limits
        self._simple = _SIMPLE.get(column.kind)
        self._seen: dict[bytes, tuple[bytes, int]] = {}
        self._seen_null = b""

    def encode(self, raws: list[bytes], null: bytes) -> tuple[list[bytes], int]:
        """The cells of ``raws``, JSON texts none of which is empty, and the bytes of the longest value.

        Raises:
            RejectedError: one of the values cannot be kept.
        """
        simple = self._simple(raws, null, self._limits) if self._simple else None
        return simple or self._one_by_one(raws, null)

    def _one_by_one(self, raws: list[bytes], null: bytes) -> tuple[list[bytes], int]:
        if null != self._seen_null or len(self._seen) > _REMEMBERED:
            self._seen, self._seen_null = {}, null
        seen = self._seen
        cells = []
        longest = 0
        for raw in raws:
            held = seen.get(raw)
            if held is None:
                content = value(self._column, raw, self._limits)
                held = seen[raw] = cell(self._column.kind, content, null), len(content or b"")
            cells.append(held[0])
            longest = max(longest, held[1])
        return cells, longest


def _text(raws: list[bytes], null: bytes, limits: Limits) -> tuple[list[bytes], int] | None:
    """Strings without an escape: their JSON text is their CSV cell."""
    if limits.text_bytes is not None and max(map(len, raws)) - 2 > limits.text_bytes:
        return None
    if not set(map(_FIRST, raws)) <= _QUOTE_OR_NULL or b"\\" in b"".join(raws):
        return None
    return _with_null(raws, null), max(0, _longest(raws) - 2)


def _integer(raws: list[bytes], null: bytes, _limits: Limits) -> tuple[list[bytes], int] | None:
    longest = _longest(raws)
    if longest > _SURE_INTEGER_DIGITS or b"\n".join(raws).translate(None, _INTEGERS_AND_NULLS):
        return None
    return _with_null(raws, null), longest


def _number(raws: list[bytes], null: bytes, _limits: Limits) -> tuple[list[bytes], int] | None:
    longest = _longest(raws)
    if longest > _SURE_DOUBLE_DIGITS or b"\n".join(raws).translate(None, _PLAIN_NUMBERS_AND_NULLS):
        return None
    return _with_null(raws, null), longest


def _boolean(raws: list[bytes], null: bytes, _limits: Limits) -> tuple[list[bytes], int] | None:
    if not set(raws) <= _BOOLEANS_AND_NULL:
        return None
    return _with_null(raws, null), _longest(raws)


def _nested(raws: list[bytes], null: bytes, limits: Limits) -> tuple[list[bytes], int] | None:
    longest = _longest(raws)
    joined = b"\n".join(raws)
    if b"\\u0000" in joined or (limits.nested_bytes is not None and longest > limits.nested_bytes):
        return None
    cells = joined.replace(b'"', b'""').split(b"\n")
    return [null if text == b"null" else b'"' + text + b'"' for text in cells], longest


def _longest(raws: list[bytes]) -> int:
    return max((len(raw) for raw in raws if raw != b"null"), default=0) if b"null" in raws else max(map(len, raws))


def _with_null(raws: list[bytes], null: bytes) -> list[bytes]:
    return [null if raw == b"null" else raw for raw in raws] if b"null" in raws else raws


_SIMPLE: Final[dict[ColumnKind, Callable[[list[bytes], bytes, Limits], tuple[list[bytes], int] | None]]] = {
    ColumnKind.TEXT: _text,
    ColumnKind.INTEGER: _integer,
    ColumnKind.NUMBER: _number,
    ColumnKind.BOOLEAN: _boolean,
    ColumnKind.NESTED: _nested,
}
