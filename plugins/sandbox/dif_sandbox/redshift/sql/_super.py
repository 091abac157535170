"""SUPER navigation: `c.a.b[0]` as PostgreSQL's jsonb subscripts.

Source: developer guide, query-super. A missing attribute or position is null (lax), names fold to lower case unless
enable_case_sensitive_super_attribute is on, which the stand-in does not have. Which columns are SUPER is known by
name only, from the catalog; what is a table or an alias of one, the statement itself tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import RedshiftError
from dif_sandbox.redshift.sql._tables import Tables, tables_of
from dif_sandbox.redshift.sql._tokens import Kind, Token
from dif_sandbox.redshift.sql._words import words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

__all__ = ["navigates", "navigation"]

COMPARISONS = words("= <> != < > <= >= LIKE ILIKE IN")


@dataclass(frozen=True, slots=True)
class _Path:
    base: tuple[Token, ...]  # the column, with its table
    steps: tuple[str, ...]  # what goes into the brackets
    first: int
    after: int


def navigates(tokens: tuple[Token, ...], super_columns: AbstractSet[str]) -> bool:
    """Whether any part of the statement navigates into a SUPER column."""
    return next(_paths(tokens, super_columns), None) is not None


def navigation(tokens: tuple[Token, ...], super_columns: AbstractSet[str]) -> Iterator[tuple[int, int, str]]:
    """Edits that turn every path into subscripts.

    A path that is cast to a text or compared with a string means the text itself, not its JSON form.
    """
    for path in _paths(tokens, super_columns):
        column = ".".join(_spelled(token) for token in path.base)
        text = column + "".join(f"[{step}]" for step in path.steps)
        if _as_text(tokens, path):
            text = f"({text} #>> '{{}}')"
        yield tokens[path.first].start, tokens[path.after - 1].end, text


def _paths(tokens: tuple[Token, ...], super_columns: AbstractSet[str]) -> Iterator[_Path]:
    if not super_columns:
        return
    tables = tables_of(tokens)
    at = 0
    while at < len(tokens):
        path = None
        if tokens[at].is_name and at not in tables.places:
            path = _path(tokens, at, super_columns, tables)
        if path is not None:
            yield path
        at = path.after if path is not None else _after_chain(tokens, at)


def _path(tokens: tuple[Token, ...], first: int, super_columns: AbstractSet[str], tables: Tables) -> _Path | None:
    names = [first]
    while _key(tokens, names[-1] + 1) == "." and names[-1] + 2 < len(tokens) and tokens[names[-1] + 2].is_name:
        names.append(names[-1] + 2)
    folded = [tokens[name].text.lower() for name in names]
    column = 1 if folded[0] in tables.names else 2 if tuple(folded[:2]) in tables.qualified else 0
    if column >= len(folded) or folded[column] not in super_columns:
        return None
    steps, after = _steps(tokens, names[column] + 1)
    if not steps or _key(tokens, after) == "(":
        return None
    return _Path(tuple(tokens[name] for name in names[: column + 1]), tuple(steps), first, after)


def _steps(tokens: tuple[Token, ...], at: int) -> tuple[list[str], int]:
    steps: list[str] = []
    while True:
        if _key(tokens, at) == "." and at + 1 < len(tokens) and tokens[at + 1].is_name:
            token = tokens[at + 1]
            name = token.text if token.kind is Kind.QUOTED else token.text.lower()
            steps.append("'" + name.replace("'", "''") + "'")
            at += 2
        elif _key(tokens, at) == "[":
            if _key(tokens, at + 2) != "]":
                raise RedshiftError("a subscript of a SUPER value must be a number or a string")
            token = tokens[at + 1]
            steps.append(token.text if token.kind is Kind.NUMBER else "'" + token.text.replace("'", "''") + "'")
            at += 3
        else:
            return steps, at


def _as_text(tokens: tuple[Token, ...], path: _Path) -> bool:
    following = _key(tokens, path.after)
    if following == "::":
        return _key(tokens, path.after + 1) != "SUPER"
    if following in COMPARISONS or following == "NOT":
        return any(token.kind is Kind.STRING for token in tokens[path.after : path.after + 4])
    return path.first > 1 and tokens[path.first - 1].key in COMPARISONS and tokens[path.first - 2].kind is Kind.STRING


def _after_chain(tokens: tuple[Token, ...], at: int) -> int:
    while _key(tokens, at + 1) == "." and at + 2 < len(tokens):
        at += 2
    return at + 1


def _key(tokens: tuple[Token, ...], at: int) -> str:
    return tokens[at].key if at < len(tokens) else ""


def _spelled(token: Token) -> str:
    return '"' + token.text.lower().replace('"', '""') + '"'
