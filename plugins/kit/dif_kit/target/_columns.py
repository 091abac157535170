"""A whole column of JSON values into CSV cells at once; values that are not plainly simple go one by one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from dif_kit.target._cells import PERHAPS_HUGE, Limits, RejectedError, cell, value
from dif_kit.target._ports import Column, ColumnKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from dif_kit.target._rules import Rules

__all__ = ["ColumnEncoder", "Texts"]

_INTEGERS_AND_NULLS: Final = b"0123456789-nul\n"
_PLAIN_NUMBERS_AND_NULLS: Final = b"0123456789-.nul\n"
_BOOLEANS_AND_NULL: Final = frozenset({b"true", b"false", b"null"})
_SURE_INTEGER_DIGITS: Final = 18  # every integer of 18 characters is within 64 bits
_SURE_DOUBLE_DIGITS: Final = 15  # every decimal of 15 significant digits is what its double says (DBL_DIG)
_REMEMBERED: Final = 4096
_QUOTED: Final = (ColumnKind.TEXT, ColumnKind.DATE, ColumnKind.DATETIME, ColumnKind.TIME)
# Moments that are ones beyond doubt: days that every year has, hours and minutes that every day has.
_SURE_DAY: Final = rb"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_SURE_DATE: Final = rb"(?!0000)[0-9]{4}-" + _SURE_DAY
_SURE_TIME: Final = rb"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
_SURE_DATETIME: Final = _SURE_DATE + b"[T ]" + _SURE_TIME + rb"(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?"
_OFTEN: Final = 4


@dataclass(frozen=True)
class Texts:
    """JSON texts of one column, none of which holds a newline: each, and all of them as lines of one text."""

    each: list[bytes]
    joined: bytes

    @classmethod
    def of(cls, each: list[bytes]) -> Texts:
        """Texts that are not joined yet."""
        return cls(each, b"\n".join(each))

    @cached_property
    def longest(self) -> int:
        """The bytes of the longest."""
        return max(map(len, self.each))


class ColumnEncoder:
    """The cells of one column, chunk after chunk. Values seen lately are remembered: dates and enums repeat."""

    def __init__(self, column: Column, limits: Limits, rules: Rules) -> None:
        self._column = column
        self._limits = limits
        self._rules = rules
        self._lawful: set[bytes] = set()
        self._find_hard = _HARD.get(column.kind)
        self._quotes = 2 if column.kind in _QUOTED else 0
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

    def encode(self, texts: Texts, null: bytes) -> tuple[list[bytes], int]:
        """The cells of a column's JSON texts, none of which is empty, and the longest value's bytes.

        Raises:
            RejectedError: one of the values cannot be kept.
        """
        first = texts.each[0]
        if first == texts.each[-1] and texts.each.count(first) == len(texts.each):
            cells, longest = self._encode(Texts([first], first), null)
            encoded = cells * len(texts.each), longest
        else:
            encoded = self._encode(texts, null)
        if self._rules:
            distinct = set(texts.each)
            for raw in distinct - self._lawful:
                self._require_lawful(raw)
            self._lawful = distinct
        return encoded

    def _require_lawful(self, raw: bytes) -> None:
        broken = self._rules.broken(raw)
        if broken is not None:
            raise RejectedError(f"{self._column.name}: {broken}")

    def _encode(self, texts: Texts, null: bytes) -> tuple[list[bytes], int]:
        hard = self._find_hard(texts, self._limits) if self._find_hard else None
        if hard is None:
            return self._one_by_one(texts.each, null)
        if not hard:
            return self._simple(texts, null)
        easy = texts.each.copy()
        for index in hard:
            easy[index] = b"null"
        cells, longest = self._simple(Texts.of(easy), null)
        hard_cells, longest_hard = self._one_by_one([texts.each[index] for index in hard], null)
        for index, made in zip(hard, hard_cells, strict=True):
            cells[index] = made
        return cells, max(longest, longest_hard)

    def _simple(self, texts: Texts, null: bytes) -> tuple[list[bytes], int]:
        """JSON texts that are CSV cells as they are, nested ones once they are quoted."""
        has_null = b"null" in texts.joined
        longest = texts.longest
        if has_null and longest <= len(b"null"):
            longest = max((len(raw) for raw in texts.each if raw != b"null"), default=self._quotes)
        longest -= self._quotes
        if self._column.kind is ColumnKind.NESTED:
            quoted = texts.joined.replace(b'"', b'""').replace(b"\n", b'"\n"')
            cells, absent = (b'"%b"' % quoted).split(b"\n"), b'"null"'
        else:
            cells, absent = texts.each, b"null"
        return [null if each == absent else each for each in cells] if has_null else cells, longest

    def _one_by_one(self, raws: list[bytes], null: bytes) -> tuple[list[bytes], int]:
        distinct = set(raws)
        if null != self._null or len(self._cells) > _REMEMBERED:
            self._cells, self._lengths, self._null = {}, {}, null
        for raw in distinct - self._cells.keys():
            content = value(self._column, raw, self._limits)
            self._cells[raw] = cell(self._column.kind, content, null)
            self._lengths[raw] = len(content or b"")
        return list(map(self._cells.__getitem__, raws)), max(map(self._lengths.__getitem__, distinct))


def _hard_texts(texts: Texts, limits: Limits) -> list[int] | None:
    """A string without an escape is its own CSV cell."""
    strings = texts.joined.count(b'\n"') + texts.joined.startswith(b'"')
    if strings != len(texts.each) and strings + texts.each.count(b"null") != len(texts.each):
        return None
    if limits.text_bytes is not None and texts.longest - 2 > limits.text_bytes:
        return None
    return [index for index, raw in enumerate(texts.each) if b"\\" in raw] if b"\\" in texts.joined else []


def _hard_integers(texts: Texts, _limits: Limits) -> list[int] | None:
    return _longer_numbers(texts, _INTEGERS_AND_NULLS, _SURE_INTEGER_DIGITS)


def _hard_numbers(texts: Texts, _limits: Limits) -> list[int] | None:
    return _longer_numbers(texts, _PLAIN_NUMBERS_AND_NULLS, _SURE_DOUBLE_DIGITS)


def _longer_numbers(texts: Texts, characters: bytes, sure: int) -> list[int] | None:
    if texts.joined.translate(None, characters):
        return None
    return [index for index, raw in enumerate(texts.each) if len(raw) > sure] if texts.longest > sure else []


def _hard_booleans(texts: Texts, _limits: Limits) -> list[int] | None:
    return [] if set(texts.each) <= _BOOLEANS_AND_NULL else None


def _hard_nested(texts: Texts, limits: Limits) -> list[int] | None:
    most = (limits.nested_bytes, limits.text_bytes)
    is_long = any(limit is not None and texts.longest > limit for limit in most)
    is_perhaps_huge = limits.nested_bytes is not None and PERHAPS_HUGE.search(texts.joined)
    return None if is_long or is_perhaps_huge or b"\\u0000" in texts.joined else []


def _hard_moments(sure: bytes) -> Callable[[Texts, Limits], list[int] | None]:
    is_sure = re.compile(b'"' + sure + b'"|null').fullmatch
    are_sure = re.compile(b'(?:(?:"' + sure + b'"|null)(?:\n|\\Z))++').fullmatch

    def find(texts: Texts, _limits: Limits) -> list[int] | None:
        if len(set(texts.each)) * _OFTEN < len(texts.each):  # looking values up that repeat is quicker
            return None
        if are_sure(texts.joined):
            return []
        return [index for index, raw in enumerate(texts.each) if is_sure(raw) is None]

    return find


# The places of the values that need a look each; None where all do.
_HARD: Final[dict[ColumnKind, Callable[[Texts, Limits], list[int] | None]]] = {
    ColumnKind.TEXT: _hard_texts,
    ColumnKind.INTEGER: _hard_integers,
    ColumnKind.NUMBER: _hard_numbers,
    ColumnKind.BOOLEAN: _hard_booleans,
    ColumnKind.DATE: _hard_moments(_SURE_DATE),
    ColumnKind.DATETIME: _hard_moments(_SURE_DATETIME),
    ColumnKind.TIME: _hard_moments(_SURE_TIME),
    ColumnKind.NESTED: _hard_nested,
}
