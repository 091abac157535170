"""CREATE TABLE, CREATE TABLE AS, views and schemas.

Source: developer guide, r_CREATE_TABLE_NEW, r_CREATE_TABLE_AS, r_CREATE_VIEW, r_CREATE_SCHEMA.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import FEATURE_NOT_SUPPORTED, INVALID_DEFINITION, TOO_MANY_COLUMNS, RedshiftError
from dif_sandbox.redshift.sql._columns import TableProperties, take_column
from dif_sandbox.redshift.sql._names import literal
from dif_sandbox.redshift.sql._plan import Forward, Local, Plan, Run
from dif_sandbox.redshift.sql._query import Scope, rewrite
from dif_sandbox.redshift.sql._tokens import Cursor, Kind, Statement, Token, split_commas

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["plan_create", "take_constraint"]

MAX_COLUMNS = 1600  # r_CREATE_TABLE_NEW
CONSTRAINT_WORDS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"})
VIEW_OPTIONS = (("WITH", "NO", "SCHEMA", "BINDING"), ("AUTO", "REFRESH", "YES"), ("AUTO", "REFRESH", "NO"))
BACKUP_OPTIONS = (("BACKUP", "YES"), ("BACKUP", "NO"))


def plan_create(statement: Statement, scope: Scope) -> Plan:
    """The plan of a CREATE statement."""
    cursor = Cursor(statement.tokens)
    cursor.expect("CREATE")
    cursor.accept("OR", "REPLACE")
    cursor.accept("LOCAL")
    temporary = cursor.accept("TEMP") or cursor.accept("TEMPORARY")
    if cursor.accept("TABLE"):
        return _plan_table(cursor, statement, scope, temporary=temporary)
    if cursor.key() in ("VIEW", "MATERIALIZED"):
        return Local("CREATE VIEW", (Run(rewrite(_without(statement, VIEW_OPTIONS + BACKUP_OPTIONS), scope)),))
    if cursor.key() == "SCHEMA":
        tokens = statement.tokens
        quota = next((at for at, token in enumerate(tokens) if token.key == "QUOTA"), len(tokens))
        return Forward(rewrite(statement.part(tokens[:quota]), scope))
    if cursor.key() in ("FUNCTION", "PROCEDURE"):
        return Forward(statement.text)
    return Forward(rewrite(statement, scope))


@dataclass(slots=True)
class _Table:
    """A CREATE TABLE that is being read."""

    statement: Statement
    scope: Scope
    name: str  # quoted
    head: str
    properties: TableProperties
    supers: set[str] = field(default_factory=set)


def _plan_table(cursor: Cursor, statement: Statement, scope: Scope, *, temporary: bool) -> Local:
    exists = " IF NOT EXISTS" if cursor.accept("IF", "NOT", "EXISTS") else ""
    parts = cursor.name()
    name = scope.names.qualified(parts)
    temporary = temporary or parts[0].text.startswith("#")  # r_CREATE_TABLE_NEW: #name is temporary
    head = f"CREATE {'TEMP ' if temporary else ''}TABLE{exists} {name}"
    table = _Table(statement, scope, name, head, TableProperties())
    body = cursor.parenthesised() if cursor.key() == "(" else None
    _attributes(cursor, table.properties, scope)
    if cursor.accept("AS"):
        return _table_as(table, body, cursor)
    if body is None:
        raise cursor.error()
    return _table_of(table, body)


def _table_as(table: _Table, body: Sequence[Token] | None, cursor: Cursor) -> Local:
    query = rewrite(table.statement.part(cursor.rest()), table.scope)
    columns = ""
    if body is not None:
        columns = f" ({', '.join(table.scope.names.quoted(token) for token in body if token.is_name)})"
    bound = f"SELECT dif_redshift.bound_texts({literal(table.name)})"
    described = table.properties.describe(table.name)
    # Redshift analyzes what it makes of a query (t_Analyzing_tables): or its next plans would take it for tiny.
    filled = f"{bound}; {described}; ANALYZE {table.name}"
    return Local("SELECT", (Run(f"{table.head}{columns} AS {query}"), Run(filled)))


def _table_of(table: _Table, body: Sequence[Token]) -> Local:
    items: list[str] = []
    like: list[str] = []
    for tokens in split_commas(body):
        if tokens[0].key == "LIKE":
            source = table.scope.names.qualified(Cursor(tokens[1:]).name())
            defaults = " INCLUDING DEFAULTS" if any(token.key == "DEFAULTS" for token in tokens) else ""
            items.append(f"LIKE {source} INCLUDING CONSTRAINTS{defaults}")
            like.append(f"SELECT dif_redshift.describe_like({literal(table.name)}, {literal(source)})")
        elif tokens[0].key in CONSTRAINT_WORDS:
            table.properties.constraints.append(take_constraint(tokens, table.scope))
        else:
            items.append(_add_column(table, tokens))
    if len(items) > MAX_COLUMNS:
        raise RedshiftError(f"Target lists can have at most {MAX_COLUMNS} entries", TOO_MANY_COLUMNS)
    if table.supers.intersection([table.properties.distkey, *table.properties.sortkeys]):
        raise RedshiftError("SUPER columns can't be a distribution or sort key", INVALID_DEFINITION)  # r_SUPER_type
    sql = "; ".join(
        [
            f"{table.head} ({', '.join(items)})",
            f"SELECT dif_redshift.primary_key_not_null({literal(table.name)}, {table.properties.json})",
            *(like or [table.properties.describe(table.name)]),
        ]
    )
    return Local("CREATE TABLE", (Run(sql),))


def _add_column(table: _Table, tokens: list[Token]) -> str:
    properties = table.properties
    column = take_column(tokens, table.statement, table.scope)
    if column.encoding:
        properties.encodings[column.name] = column.encoding
    if column.distkey:
        properties.distkey, properties.diststyle = column.name, "KEY"
    if column.sortkey:
        properties.sortkeys.append(column.name)
    if column.type.postgres == "jsonb":
        table.supers.add(column.name)
    properties.constraints += column.constraints
    return column.sql


def take_constraint(tokens: Sequence[Token], scope: Scope) -> dict[str, object]:
    """A table constraint; CHECK and EXCLUDE are refused (c_unsupported-postgresql-features)."""
    cursor = Cursor(tokens)
    name = scope.names.bare(cursor.next()) if cursor.accept("CONSTRAINT") else None
    kind = cursor.next().key
    if kind in ("CHECK", "EXCLUDE"):
        raise RedshiftError(f"{kind} constraints are not supported", FEATURE_NOT_SUPPORTED)
    if kind in ("PRIMARY", "FOREIGN"):
        cursor.expect("KEY")
        kind += " KEY"
    elif kind != "UNIQUE":
        cursor.at -= 1
        raise cursor.error()
    columns = [scope.names.bare(token) for token in cursor.parenthesised() if token.is_name]
    return {"name": name, "kind": kind, "columns": columns}


def _attributes(cursor: Cursor, properties: TableProperties, scope: Scope) -> None:
    while not cursor.done and cursor.key() != "AS":
        if cursor.accept("DISTSTYLE"):
            properties.diststyle = cursor.next().key
        elif cursor.accept("DISTKEY"):
            (token,) = cursor.parenthesised()
            properties.distkey, properties.diststyle = scope.names.bare(token), "KEY"
        elif cursor.accept("SORTKEY", "AUTO") or cursor.accept("ENCODE", "AUTO"):
            pass
        elif cursor.accept("COMPOUND") or cursor.accept("INTERLEAVED"):
            if cursor.key() != "SORTKEY":
                raise cursor.error()
        elif cursor.accept("SORTKEY"):
            properties.sortkeys = [scope.names.bare(token) for token in cursor.parenthesised() if token.is_name]
        elif cursor.accept("BACKUP", "YES") or cursor.accept("BACKUP", "NO"):
            pass
        else:
            raise cursor.error()


def _without(statement: Statement, phrases: Sequence[tuple[str, ...]]) -> Statement:
    """The statement without clauses that mean nothing to PostgreSQL."""
    text, tokens = statement.text, list(statement.tokens)
    for phrase in phrases:
        keys = [token.key for token in tokens]
        for at in range(len(keys) - len(phrase), -1, -1):
            if tuple(keys[at : at + len(phrase)]) == phrase and tokens[at].kind is Kind.WORD:
                start, end = tokens[at].start, tokens[at + len(phrase) - 1].end
                text = text[:start] + " " * (end - start) + text[end:]
                del tokens[at : at + len(phrase)]
    return Statement(text[: tokens[-1].end], tuple(tokens))
