"""SELECT, DML and everything else that PostgreSQL understands after a few edits.

Each rule yields edits of the client's text; what no rule touches stays as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from sqlglot import ErrorLevel, parse_one
from sqlglot.errors import SqlglotError

from dif_sandbox.redshift._errors import FEATURE_NOT_SUPPORTED, RedshiftError
from dif_sandbox.redshift.sql import _super
from dif_sandbox.redshift.sql._names import BACKEND_NAME_BYTES
from dif_sandbox.redshift.sql._refusals import refuse
from dif_sandbox.redshift.sql._tokens import Cursor, Kind, Statement, Token, split_commas
from dif_sandbox.redshift.sql._types import column_type, take_type
from dif_sandbox.redshift.sql._words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_sandbox.redshift.sql._names import Names

__all__ = ["Edit", "Scope", "rewrite"]

Edit: TypeAlias = tuple[int, int, str]
"""Replace text[start:end] by a text."""

DATE_PART_FIRST = words(  # r_Dateparts_for_datetime_functions: the part is a bare word or a string
    "DATEADD DATE_ADD DATEDIFF DATE_DIFF DATE_PART DATE_TRUNC TIMESTAMPADD TIMESTAMPDIFF"
)
RENAMED_FUNCTIONS = {
    "JSON_SERIALIZE": "redshift_json_serialize",  # a grammar rule of its own in PostgreSQL 17 and later
    "ARRAY": "redshift_array",  # r_array
    "OBJECT": "redshift_object",  # r_object_function
    "LISTAGG": "redshift_listagg",  # r_LISTAGG
}
CATALOG_TYPES = frozenset({"REGCLASS", "OID", "NAME", "REGTYPE", "REGPROC", "INTERVAL", "ACLITEM"})
BY_GRAMMAR = frozenset({"QUALIFY", "DECODE"})  # forms that need a parser
NOT_IN_SANDBOX = frozenset({"PIVOT", "UNPIVOT"})  # r_FROM_clause-pivot-unpivot-examples


@dataclass(slots=True)
class Scope:
    """What rewriting must know beyond the text: the session's names, and which columns are SUPER."""

    names: Names
    super_columns: set[str] = field(default_factory=set)


def rewrite(statement: Statement, scope: Scope) -> str:
    """The statement for PostgreSQL.

    Raises:
        RedshiftError: Redshift would refuse it.
    """
    refuse(statement)
    tokens = statement.tokens
    edits = [*_identifiers(tokens, scope.names), *_casts(tokens), *_functions(tokens), *_words(tokens)]
    edits += _top(tokens)
    navigation = list(_super.navigation(tokens, scope.super_columns))
    taken = [(start, end) for start, end, _ in navigation]
    edits = [e for e in edits if not any(start <= e[0] and e[1] <= end for start, end in taken)] + navigation
    text = statement.text
    for start, end, replacement in sorted(edits, key=lambda edit: (edit[0], edit[1]), reverse=True):
        text = text[:start] + replacement + text[end:]
    if BY_GRAMMAR.intersection(token.key for token in tokens):
        text = _by_grammar(text)
    return text


def _by_grammar(text: str) -> str:
    """The statement by a parser of the whole grammar, which must not leave out a word of it."""
    try:
        return parse_one(text, read="redshift").sql("postgres", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise RedshiftError(f"syntax error: {error}".splitlines()[0]) from error


def _identifiers(tokens: tuple[Token, ...], names: Names) -> Iterator[Edit]:
    for token in tokens:
        word = token.kind is Kind.WORD and (token.text[0] == "#" or len(token.text.encode()) > BACKEND_NAME_BYTES)
        if token.kind is Kind.QUOTED or word:
            yield token.start, token.end, names.quoted(token)


def _casts(tokens: tuple[Token, ...]) -> Iterator[Edit]:
    """Types after `::` and inside CAST(... AS ...)."""
    for at, token in enumerate(tokens):
        if token.key != "::" and not (token.key == "AS" and _inside_cast(tokens, at)):
            continue
        cursor = Cursor(tokens)
        cursor.at = at + 1
        if cursor.done or cursor.key() in CATALOG_TYPES or cursor.key(1) == "." or tokens[at + 1].kind is Kind.QUOTED:
            continue
        words = take_type(cursor)
        postgres = column_type(words).postgres
        if len(words) == 1 and postgres.startswith("varchar"):
            postgres = "varchar"
        yield words[0].start, words[-1].end, postgres


def _inside_cast(tokens: tuple[Token, ...], at: int) -> bool:
    depth = 0
    for back in range(at - 1, 0, -1):
        key = tokens[back].key
        depth += (key == ")") - (key == "(")
        if depth < 0:
            return tokens[back - 1].key in ("CAST", "TRY_CAST")
    return False


def _functions(tokens: tuple[Token, ...]) -> Iterator[Edit]:
    for at, token in enumerate(tokens[:-1]):
        if tokens[at + 1].key != "(" or token.kind is not Kind.WORD:
            continue
        if token.key in NOT_IN_SANDBOX:
            raise RedshiftError(f"the sandbox has no {token.key}", FEATURE_NOT_SUPPORTED)
        if token.key in DATE_PART_FIRST and at + 3 < len(tokens) and tokens[at + 3].key == ",":
            part = tokens[at + 2]
            if part.is_name:
                yield part.start, part.end, f"'{part.text.lower()}'"
        elif token.key in RENAMED_FUNCTIONS:
            yield token.start, token.end, RENAMED_FUNCTIONS[token.key]
            if token.key == "LISTAGG":
                yield from _listagg(tokens, at)


def _listagg(tokens: tuple[Token, ...], at: int) -> Iterator[Edit]:
    """LISTAGG(x, s) WITHIN GROUP (ORDER BY o) is listagg(x::text, s ORDER BY o)."""
    cursor = Cursor(tokens)
    cursor.at = at + 1
    arguments = split_commas(cursor.parenthesised())
    close = tokens[cursor.at - 1]
    yield arguments[0][-1].end, arguments[0][-1].end, "::text"
    order = "" if len(arguments) > 1 else ", ''"
    if cursor.accept("WITHIN", "GROUP"):
        inner = cursor.parenthesised()
        order += " " + " ".join(_spelled(token) for token in inner)
        yield close.end, tokens[cursor.at - 1].end, ""
    if order:
        yield close.start, close.start, order


def _spelled(token: Token) -> str:
    if token.kind is Kind.STRING:
        return "'" + token.text.replace("'", "''") + "'"
    return f'"{token.text}"' if token.kind is Kind.QUOTED else token.text


def _words(tokens: tuple[Token, ...]) -> Iterator[Edit]:
    for at, token in enumerate(tokens):
        following = tokens[at + 1].key if at + 1 < len(tokens) else ""
        if token.key == "SYSDATE":  # r_SYSDATE: microseconds, where GETDATE has whole seconds
            yield token.start, token.end, "timezone('UTC', now())"
        elif token.key == "MINUS" and following in ("SELECT", "("):
            yield token.start, token.end, "EXCEPT"
        elif token.key == "APPROXIMATE":
            yield token.start, token.end, ""


def _top(tokens: tuple[Token, ...]) -> Iterator[Edit]:
    """SELECT TOP n is SELECT ... LIMIT n (r_SELECT_list)."""
    for at, token in enumerate(tokens[1:-1], 1):
        if token.key == "TOP" and tokens[at - 1].key in ("SELECT", "DISTINCT") and tokens[at + 1].kind is Kind.NUMBER:
            yield token.start, tokens[at + 1].end, ""
            end = _end_of_query(tokens, at)
            yield end, end, f" LIMIT {tokens[at + 1].text}"


def _end_of_query(tokens: tuple[Token, ...], at: int) -> int:
    depth = 0
    for token in tokens[at:]:
        depth += (token.key == "(") - (token.key == ")")
        if depth < 0:
            return token.start
    return tokens[-1].end
