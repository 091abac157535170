"""The tables that a statement names, and what it calls them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dif_sandbox.redshift.sql._tokens import Cursor, Kind
from dif_sandbox.redshift.sql._words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_sandbox.redshift.sql._tokens import Token

__all__ = ["Tables", "tables_of"]

BEFORE_TABLE = words("FROM JOIN INTO UPDATE USING")
NO_ALIAS = words(
    "ON WHERE GROUP ORDER HAVING LIMIT UNION EXCEPT MINUS INTERSECT JOIN INNER LEFT RIGHT FULL CROSS NATURAL USING SET"
    " WHEN VALUES SELECT QUALIFY OFFSET FETCH WINDOW START CONNECT DEFAULT"
)


@dataclass(slots=True)
class Tables:
    """Names and aliases in lower case, dotted names as pairs, and the positions of the tokens that name tables."""

    names: set[str] = field(default_factory=set)
    qualified: set[tuple[str, ...]] = field(default_factory=set)
    places: set[int] = field(default_factory=set)


def tables_of(tokens: Sequence[Token]) -> Tables:
    """The tables after FROM, JOIN, INTO, UPDATE and USING, and after the commas of a FROM."""
    tables = Tables()
    cursor = Cursor(tokens)
    for at, token in enumerate(tokens):
        if token.key in BEFORE_TABLE and not (token.key == "FROM" and _inside_call(tokens, at)):
            cursor.at = at + 1
            _take(cursor, tables)
            while token.key in ("FROM", "USING") and cursor.accept(","):
                _take(cursor, tables)
    return tables


def _take(cursor: Cursor, tables: Tables) -> None:
    if cursor.key() == "(":
        cursor.parenthesised()
    elif not cursor.done and cursor.tokens[cursor.at].is_name:
        start = cursor.at
        parts = cursor.name()
        tables.places.update(range(start, cursor.at))
        tables.names.add(parts[-1].text.lower())
        tables.qualified.add(tuple(part.text.lower() for part in parts[-2:]))
    else:
        return
    cursor.accept("AS")
    if not cursor.done and cursor.tokens[cursor.at].is_name and cursor.key() not in NO_ALIAS:
        tables.places.add(cursor.at)
        tables.names.add(cursor.next().text.lower())


def _inside_call(tokens: Sequence[Token], at: int) -> bool:
    """Whether a FROM belongs to EXTRACT(x FROM y) and the like: a word before the parenthesis, no SELECT in it."""
    depth = 0
    for back in range(at - 1, 0, -1):
        key = tokens[back].key
        depth += (key == ")") - (key == "(")
        if depth < 0:
            return tokens[back - 1].kind is Kind.WORD and tokens[back + 1].key not in ("SELECT", "DISTINCT")
    return False
