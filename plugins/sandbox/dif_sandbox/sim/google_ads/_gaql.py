"""The Google Ads Query Language: from a text to its clauses.

developers.google.com/google-ads/api/docs/query/grammar (read 2026-11): SELECT, FROM, then WHERE, ORDER BY, LIMIT and
PARAMETERS, each at most once and in this order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from dif_sandbox.sim.google_ads._errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Condition", "Query", "parse"]

T = TypeVar("T")

TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])"""
    r"""|(?P<word>[A-Za-z_][\w.]*)|(?P<symbol><=|>=|!=|[=<>(),]))"""
)
CLAUSES: Final = ("SELECT", "FROM", "WHERE", "ORDER", "LIMIT", "PARAMETERS")
WORD_OPERATORS: Final = (
    ("NOT", "IN"),
    ("NOT", "LIKE"),
    ("NOT", "REGEXP_MATCH"),
    ("CONTAINS", "ANY"),
    ("CONTAINS", "ALL"),
    ("CONTAINS", "NONE"),
    ("IS", "NOT", "NULL"),
    ("IS", "NULL"),
    ("IN",),
    ("LIKE",),
    ("REGEXP_MATCH",),
    ("DURING",),
    ("BETWEEN",),
)
LISTS: Final = ("IN", "NOT IN", "CONTAINS ANY", "CONTAINS ALL", "CONTAINS NONE")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of WHERE; values as they were written, without their quotes."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A query's clauses."""

    fields: tuple[str, ...]
    resource: str
    conditions: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    """Fields to sort by, each with whether downwards."""
    limit: int | None = None
    parameters: tuple[tuple[str, str], ...] = ()


def parse(text: str) -> Query:
    """The clauses of a query.

    Raises:
        QueryError: it cannot be read.
    """
    reader = _Reader(_tokens(text))
    if not reader.takes("SELECT"):
        raise QueryError("EXPECTED_SELECT", "A query begins with SELECT.")
    fields = tuple(reader.listed(reader.name))
    if not reader.takes("FROM"):
        raise QueryError("EXPECTED_FROM", "A query has a FROM clause.")
    resource = reader.name()
    conditions = tuple(reader.conditions()) if reader.takes("WHERE") else ()
    order: tuple[tuple[str, bool], ...] = ()
    if reader.takes("ORDER"):
        if not reader.takes("BY"):
            raise QueryError("EXPECTED_BY", "ORDER is followed by BY.")
        order = tuple(reader.listed(reader.ordering))
    limit = reader.limit() if reader.takes("LIMIT") else None
    parameters = tuple(reader.listed(reader.parameter)) if reader.takes("PARAMETERS") else ()
    if reader.word is not None:
        raise QueryError("UNEXPECTED_INPUT", f"unexpected input {reader.word}.")
    return Query(fields, resource, conditions, order, limit, parameters)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place, text = [], 0, text.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            rest = text[place:].strip()
            code = "STRING_NOT_TERMINATED" if rest[0] in "'\"" else "BAD_SYMBOL"
            raise QueryError(code, f"cannot read the query at: {rest[:20]}")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        place = match.end()
    return found


class _Reader:
    """Goes through the tokens once."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._place = tokens, 0

    @property
    def word(self) -> str | None:
        """What stands next; None at the end."""
        return self._tokens[self._place][1] if self._place < len(self._tokens) else None

    def takes(self, *words: str) -> bool:
        """Go on if these words come next."""
        coming = [text.upper() for _, text in self._tokens[self._place : self._place + len(words)]]
        if coming != list(words):
            return False
        self._place += len(words)
        return True

    def next(self, *kinds: str) -> str:
        """The next token, of one of these kinds."""
        if self._place >= len(self._tokens):
            raise QueryError("UNEXPECTED_END_OF_QUERY", "unexpected end of query.")
        kind, text = self._tokens[self._place]
        if kind not in kinds:
            raise QueryError("UNEXPECTED_INPUT", f"unexpected input {text}.")
        self._place += 1
        return text

    def name(self) -> str:
        """A field or resource."""
        found = self.next("word")
        if found.upper() in CLAUSES:
            raise QueryError("UNEXPECTED_INPUT", f"unexpected input {found}.")
        return found

    def listed(self, one: Callable[[], T]) -> list[T]:
        """Whatever `one` reads, separated by commas."""
        found = [one()]
        while self.takes(","):
            found.append(one())
        return found

    def conditions(self) -> list[Condition]:
        """The conditions of WHERE."""
        found = [self.condition()]
        while self.takes("AND"):
            found.append(self.condition())
        return found

    def condition(self) -> Condition:
        """A field, an operator, a value or several."""
        field, operator = self.name(), self.operator()
        if operator.startswith("IS"):
            return Condition(field, operator, ())
        if operator in LISTS:
            if not self.takes("("):
                raise QueryError("EXPECTED_LIST", f"{operator} takes a list in parentheses.")
            if self.takes(")"):
                raise QueryError("PROHIBITED_EMPTY_LIST_IN_CONDITION", "the list is empty.")
            values = tuple(self.listed(self.value))
            if not self.takes(")"):
                raise QueryError("EXPECTED_LIST", "the list has no end.")
            return Condition(field, operator, values)
        if operator == "BETWEEN":
            first = self.value()
            if not self.takes("AND"):
                raise QueryError("EXPECTED_AND", "BETWEEN has two values with AND between them.")
            return Condition(field, operator, (first, self.value()))
        return Condition(field, operator, (self.value(),))

    def operator(self) -> str:
        """An operator of one or more words, or a sign."""
        for words in WORD_OPERATORS:
            if self.takes(*words):
                return " ".join(words)
        sign = self.next("symbol", "word")
        if sign not in {"=", "!=", "<", "<=", ">", ">="}:
            raise QueryError("BAD_OPERATOR", f"{sign} is no operator.")
        return sign

    def value(self) -> str:
        """A text, number or word; a text without its quotes."""
        found = self.next("text", "number", "word")
        return re.sub(r"\\(.)", r"\1", found[1:-1]) if found[0] in "'\"" else found

    def ordering(self) -> tuple[str, bool]:
        """A field to sort by, and whether downwards."""
        field = self.name()
        return field, self.takes("DESC") or (self.takes("ASC") and False)

    def limit(self) -> int:
        """A number of rows."""
        text = self.next("number", "word", "text")
        if not text.isdigit():
            raise QueryError("BAD_LIMIT_VALUE", f"{text} is no limit.")
        if int(text) == 0:
            raise QueryError("LIMIT_VALUE_TOO_LOW", "a limit is 1 or more.")
        return int(text)

    def parameter(self) -> tuple[str, str]:
        """``name = value``."""
        name = self.name()
        if not self.takes("="):
            raise QueryError("BAD_PARAMETER_NAME", f"parameter {name} has no value.")
        return name, self.value()
