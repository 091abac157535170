"""ALTER TABLE: one action a statement, and only VARCHAR sizes change.

Source: developer guide, r_ALTER_TABLE (actions, what a column's type may become and when, what ADD COLUMN allows),
r_ALTER_TABLE_APPEND.
"""

from __future__ import annotations

import json
from typing import TypeAlias

from dif_sandbox.redshift._errors import FEATURE_NOT_SUPPORTED, INVALID_DEFINITION, RedshiftError
from dif_sandbox.redshift.sql._columns import take_column
from dif_sandbox.redshift.sql._create import take_constraint
from dif_sandbox.redshift.sql._names import literal, quote
from dif_sandbox.redshift.sql._plan import Forward, Local, Plan, Run, Transaction
from dif_sandbox.redshift.sql._query import Scope, rewrite
from dif_sandbox.redshift.sql._tokens import Cursor, Statement, split_commas
from dif_sandbox.redshift.sql._types import column_type, take_type

__all__ = ["plan_alter"]

CONSTRAINT_WORDS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN"})
KEY_WORDS = frozenset({"DISTKEY", "DISTSTYLE", "SORTKEY", "COMPOUND", "ENCODE"})
_Action: TypeAlias = tuple[Cursor, Statement, Scope, str]


def plan_alter(statement: Statement, scope: Scope) -> Plan:
    """The plan of an ALTER statement."""
    cursor = Cursor(statement.tokens)
    cursor.expect("ALTER")
    if not cursor.accept("TABLE"):
        return Forward(rewrite(statement, scope))
    if cursor.key() in ("IF", "ONLY"):
        raise cursor.error("Redshift has no ALTER TABLE IF EXISTS / ONLY")
    table = scope.names.qualified(cursor.name())
    actions = split_commas(cursor.rest())
    if not actions:
        raise cursor.error()
    encodes = all(action[0].key == "ALTER" and any(t.key == "ENCODE" for t in action) for action in actions)
    if len(actions) > 1 and not encodes:
        raise RedshiftError('syntax error at or near ","', hint="one action, one ADD COLUMN, an ALTER TABLE")
    action = Cursor(actions[0])
    plan_action = _ACTIONS.get(action.key())
    if plan_action is None:
        raise action.error()
    action.next()
    return plan_action((action, statement, scope, table))


def _done(sql: str, transaction: Transaction = Transaction.ANY) -> Local:
    return Local("ALTER TABLE", (Run(sql),), transaction)


def _add(context: _Action) -> Plan:
    cursor, statement, scope, table = context
    if cursor.key() in CONSTRAINT_WORDS:
        constraint = json.dumps(take_constraint(cursor.rest(), scope))
        return _done(f"SELECT dif_redshift.add_constraint({literal(table)}, {literal(constraint)})")
    cursor.accept("COLUMN")
    if cursor.key() == "IF":
        raise cursor.error("Redshift has no ADD COLUMN IF NOT EXISTS")
    column = take_column(cursor.rest(), statement, scope)
    if column.distkey or column.sortkey:
        raise RedshiftError("ALTER TABLE ADD COLUMN does not support DISTKEY or SORTKEY", FEATURE_NOT_SUPPORTED)
    if column.constraints or column.identity:
        message = "ALTER TABLE ADD COLUMN does not support UNIQUE, PRIMARY KEY, REFERENCES or IDENTITY"
        raise RedshiftError(message, FEATURE_NOT_SUPPORTED)
    if column.not_null and not column.default:
        message = "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
        raise RedshiftError(message, INVALID_DEFINITION)
    if column.type.postgres == "jsonb":
        scope.super_columns.add(column.name)
    sql = f"ALTER TABLE {table} ADD COLUMN {column.sql}"
    if column.encoding:
        encoding = f"{literal(table)}, {literal(column.name)}, {literal(column.encoding)}"
        sql += f"; SELECT dif_redshift.set_encoding({encoding})"
    return _done(sql)


def _drop(context: _Action) -> Plan:
    cursor, _, scope, table = context
    if cursor.accept("CONSTRAINT"):
        name = scope.names.bare(cursor.next())
        return _done(f"SELECT dif_redshift.drop_constraint({literal(table)}, {literal(name)})")
    cursor.accept("COLUMN")
    if cursor.key() == "IF":
        raise cursor.error("Redshift has no DROP COLUMN IF EXISTS")
    column = scope.names.bare(cursor.next())
    cascade = " CASCADE" if cursor.accept("CASCADE") else ""
    check = f"SELECT dif_redshift.check_drop({literal(table)}, {literal(column)})"
    return _done(f"{check}; ALTER TABLE {table} DROP COLUMN {quote(column)}{cascade}")


def _rename(context: _Action) -> Plan:
    cursor, _, scope, table = context
    if cursor.accept("TO"):
        return _done(f"ALTER TABLE {table} RENAME TO {scope.names.quoted(cursor.next())}")
    cursor.accept("COLUMN")
    old = scope.names.bare(cursor.next())
    cursor.expect("TO")
    new = scope.names.column(cursor.next())
    if old in scope.super_columns:
        scope.super_columns.add(new)
    return _done(f"ALTER TABLE {table} RENAME COLUMN {quote(old)} TO {quote(new)}")


def _alter(context: _Action) -> Plan:
    cursor, _, scope, table = context
    if cursor.key() in KEY_WORDS:
        return _done(_alter_keys(cursor, scope, table), Transaction.FORBIDDEN)
    cursor.accept("COLUMN")
    column = scope.names.bare(cursor.next())
    if cursor.accept("ENCODE"):
        values = f"{literal(table)}, {literal(column)}, {literal(cursor.next().text.lower())}"
        return _done(f"SELECT dif_redshift.set_encoding({values})", Transaction.FORBIDDEN)
    if not cursor.accept("TYPE"):
        raise cursor.error("Redshift alters a column's VARCHAR size or its encoding, nothing else")
    kind = column_type(take_type(cursor), column)
    cursor.end()
    if not kind.postgres.startswith("varchar"):
        message = f'cannot alter type of column "{column}": only the size of VARCHAR columns can be changed'
        raise RedshiftError(message, FEATURE_NOT_SUPPORTED)
    widen = f"SELECT dif_redshift.resize({literal(table)}, {literal(column)}, {kind.max_bytes})"
    return _done(widen, Transaction.FORBIDDEN)


def _alter_keys(cursor: Cursor, scope: Scope, table: str) -> str:
    changes: dict[str, object] = {}
    if cursor.accept("DISTSTYLE"):
        changes["diststyle"] = cursor.next().key
        changes["distkey"] = None
    if cursor.accept("DISTKEY"):
        changes |= {"diststyle": "KEY", "distkey": scope.names.bare(cursor.next())}
    if cursor.accept("COMPOUND") and cursor.key() != "SORTKEY":
        raise cursor.error()
    if cursor.accept("SORTKEY"):
        if cursor.accept("AUTO") or cursor.accept("NONE"):
            changes["sortkeys"] = []
        else:
            columns = [scope.names.bare(token) for token in cursor.parenthesised() if token.is_name]
            changes["sortkeys"] = columns
    if cursor.accept("ENCODE"):
        cursor.next()  # AUTO
    cursor.end()
    return f"SELECT dif_redshift.change({literal(table)}, {literal(json.dumps(changes))})"


def _append(context: _Action) -> Plan:
    cursor, _, scope, table = context
    cursor.expect("FROM")
    source = scope.names.qualified(cursor.name())
    return _done(f"SELECT dif_redshift.append({literal(table)}, {literal(source)})", Transaction.FORBIDDEN)


def _owner(context: _Action) -> Plan:
    _, statement, scope, _ = context
    return Forward(rewrite(statement, scope))


_ACTIONS = {"ADD": _add, "ALTER": _alter, "APPEND": _append, "DROP": _drop, "OWNER": _owner, "RENAME": _rename}
