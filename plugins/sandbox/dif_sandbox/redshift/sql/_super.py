"""SUPER navigation: `c.a.b[0]` as PostgreSQL's jsonb subscripts.

Source: developer guide, query-super. A missing attribute or position is null (lax), names fold to lower case unless
enable_case_sensitive_super_attribute is on, which the stand-in does not have. Which columns are SUPER is known by
name only, from the catalog: `t.c.a` is navigation if `c` is the name of a SUPER column.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from dif_sandbox.redshift._errors import RedshiftError
from dif_sandbox.redshift.sql._tokens import Kind, Token

__all__ = ["navigates", "navigation"]

COMPARISONS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">=", "LIKE", "ILIKE", "IN"})
TABLE_BEFORE = frozenset({"FROM", "JOIN", "INTO", "UPDATE", "TABLE", "USING", "ON TABLE"})


@dataclass(frozen=True, slots=True)
class _Path:
    base: tuple[Token, ...]  # the column, with its table
    steps: tuple[str, ...]  # what goes into the brackets
    first: int
    after: int


def navigates(tokens: tuple[Token, ...], super_columns: Set[str]) -> bool:
    """Whether any part of the statement navigates into a SUPER column."""
    return next(_paths(tokens, super_columns), None) is not None


def navigation(tokens: tuple[Token, ...], super_columns: Set[str]) -> Iterator[tuple[int, int, str]]:
    """Edits that turn every path into subscripts.

    A path that is cast to a text or compared with a string means the text itself, not its JSON form.
    """
    for path in _paths(tokens, super_columns):
        column = ".".join(_spelled(token) for token in path.base)
        text = column + "".join(f"[{step}]" for step in path.steps)
        if _as_text(tokens, path):
            text = f"({text} #>> '{{}}')"
        yield tokens[path.first].start, tokens[path.after - 1].end, text


def _paths(tokens: tuple[Token, ...], super_columns: Set[str]) -> Iterator[_Path]:
    if not super_columns:
        return
    at = 0
    while at < len(tokens):
        path = _path(tokens, at, super_columns) if tokens[at].is_name else None
        if path is not None:
            yield path
        at = path.after if path is not None else _after_chain(tokens, at)


def _path(tokens: tuple[Token, ...], first: int, super_columns: Set[str]) -> _Path | None:
    if first and tokens[first - 1].key in TABLE_BEFORE:
        return None
    names = [first]
    while _key(tokens, names[-1] + 1) == "." and names[-1] + 2 < len(tokens) and tokens[names[-1] + 2].is_name:
        names.append(names[-1] + 2)
    column = _column(tokens, names, super_columns)
    if column is None:
        return None
    steps, after = _steps(tokens, names[column] + 1)
    if not steps or _key(tokens, after) == "(":
        return None
    return _Path(tuple(tokens[name] for name in names[: column + 1]), tuple(steps), first, after)


def _column(tokens: tuple[Token, ...], names: list[int], super_columns: Set[str]) -> int | None:
    """Which part of a dotted name is the column: the first SUPER name that is no prefix of a later plain column."""
    for position, name in enumerate(names):
        if tokens[name].text.lower() in super_columns:
            return position
    return None


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
