"""A whole column of JSON values into CSV cells at once; values that are not plainly simple go one by one."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

from dif_kit.target._cells import Limits, RejectedError, cell, value
from dif_kit.target._ports import Column, ColumnKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from dif_kit.target._rules import Rules

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

    def __init__(self, column: Column, limits: Limits, rules: Rules) -> None:
        self._column = column
        self._limits = limits
        self._rules = rules
        self._lawful: set[bytes] = set()
        self._find_hard = _HARD.get(column.kind)
        self._quotes = 2 if column.kind is ColumnKind.TEXT else 0
        self._cells: dict[bytes, bytes] = {}
        self._lengths: dict[bytes, int] = {}
        self._null = b""

    def value(self, raw: bytes) -> bytes | None:
        """The value that a JSON text stands for, as UTF-8 text; None for null and for an absent field (empty ``raw``).

        Raises:
            RejectedError: the column cannot hold the value without changing it, or it breaks a rule of the SCHEMA.
        """
        content = value(self._column, raw, self._limits)
        if self._rules and content is not None:
            self._require_lawful(raw)
        return content

    def encode(self, raws: list[bytes], null: bytes) -> tuple[list[bytes], int]:
        """The cells of ``raws``, JSON texts none of which is empty or holds a newline, and the longest value's bytes.

        Raises:
            RejectedError: one of the values cannot be kept.
        """
        encoded = self._encode(raws, null)
        if self._rules:
            distinct = set(raws)
            for raw in distinct - self._lawful:
                self._require_lawful(raw)
            self._lawful = distinct
        return encoded

    def _require_lawful(self, raw: bytes) -> None:
        broken = self._rules.broken(raw)
        if broken is not None:
            raise RejectedError(f"{self._column.name}: {broken}")

    def _encode(self, raws: list[bytes], null: bytes) -> tuple[list[bytes], int]:
        hard = self._find_hard(raws, self._limits) if self._find_hard else None
        if hard is None:
            return self._one_by_one(raws, null)
        if not hard:
            return self._simple(raws, null)
        easy = raws.copy()
        for index in hard:
            easy[index] = b"null"
        cells, longest = self._simple(easy, null)
        hard_cells, longest_hard = self._one_by_one([raws[index] for index in hard], null)
        for index, made in zip(hard, hard_cells, strict=True):
            cells[index] = made
        return cells, max(longest, longest_hard)

    def _simple(self, raws: list[bytes], null: bytes) -> tuple[list[bytes], int]:
        """JSON texts that are CSV cells as they are, nested ones once they are quoted."""
        has_null = b"null" in raws
        sized = [raw for raw in raws if raw != b"null"] if has_null else raws
        longest = max(map(len, sized), default=self._quotes) - self._quotes
        if self._column.kind is ColumnKind.NESTED:
            escaped = b"\n".join(raws).replace(b'"', b'""').split(b"\n")
            return [null if text == b"null" else b'"%b"' % text for text in escaped], longest
        return [null if raw == b"null" else raw for raw in raws] if has_null else raws, longest

    def _one_by_one(self, raws: list[bytes], null: bytes) -> tuple[list[bytes], int]:
        distinct = set(raws)
        if null != self._null or len(self._cells) > _REMEMBERED:
            self._cells, self._lengths, self._null = {}, {}, null
        for raw in distinct - self._cells.keys():
            content = value(self._column, raw, self._limits)
            self._cells[raw] = cell(self._column.kind, content, null)
            self._lengths[raw] = len(content or b"")
        return list(map(self._cells.__getitem__, raws)), max(map(self._lengths.__getitem__, distinct))


def _hard_texts(raws: list[bytes], limits: Limits) -> list[int] | None:
    """A string without an escape is its own CSV cell."""
    if not set(map(_FIRST, raws)) <= _QUOTE_OR_NULL:
        return None
    if limits.text_bytes is not None and max(map(len, raws)) - 2 > limits.text_bytes:
        return None
    return [index for index, raw in enumerate(raws) if b"\\" in raw] if b"\\" in b"".join(raws) else []


def _hard_integers(raws: list[bytes], _limits: Limits) -> list[int] | None:
    return _longer_numbers(raws, _INTEGERS_AND_NULLS, _SURE_INTEGER_DIGITS)


def _hard_numbers(raws: list[bytes], _limits: Limits) -> list[int] | None:
    return _longer_numbers(raws, _PLAIN_NUMBERS_AND_NULLS, _SURE_DOUBLE_DIGITS)


def _longer_numbers(raws: list[bytes], characters: bytes, sure: int) -> list[int] | None:
    if b"\n".join(raws).translate(None, characters):
        return None
    return [index for index, raw in enumerate(raws) if len(raw) > sure] if max(map(len, raws)) > sure else []


def _hard_booleans(raws: list[bytes], _limits: Limits) -> list[int] | None:
    return [] if set(raws) <= _BOOLEANS_AND_NULL else None


def _hard_nested(raws: list[bytes], limits: Limits) -> list[int] | None:
    longest = max(map(len, raws))
    is_long = any(limit is not None and longest > limit for limit in (limits.nested_bytes, limits.text_bytes))
    return None if is_long or b"\\u0000" in b"".join(raws) else []


# The places of the values that need a look each; None where all do.
_HARD: Final[dict[ColumnKind, Callable[[list[bytes], Limits], list[int] | None]]] = {
    ColumnKind.TEXT: _hard_texts,
    ColumnKind.INTEGER: _hard_integers,
    ColumnKind.NUMBER: _hard_numbers,
    ColumnKind.BOOLEAN: _hard_booleans,
    ColumnKind.NESTED: _hard_nested,
}
