"""One statement of a client, and what the session is to do for it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import FEATURE_NOT_SUPPORTED, RedshiftError
from dif_sandbox.redshift.sql._alter import plan_alter
from dif_sandbox.redshift.sql._copy import plan_copy, plan_unload
from dif_sandbox.redshift.sql._create import plan_create
from dif_sandbox.redshift.sql._merge import plan_merge
from dif_sandbox.redshift.sql._plan import Forward, Local, Plan, Run, Transaction
from dif_sandbox.redshift.sql._query import Scope, rewrite
from dif_sandbox.redshift.sql._refusals import refuse
from dif_sandbox.redshift.sql._settings import plan_reset, plan_set, plan_show
from dif_sandbox.redshift.sql._tokens import Cursor, Kind, Statement, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["plan"]

VACUUM_MODES = frozenset({"FULL", "SORT", "ONLY", "DELETE", "REINDEX", "RECLUSTER", "BOOST"})
WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})


def plan(statement: Statement, scope: Scope) -> Plan:
    """What to do for one statement.

    Raises:
        RedshiftError: Redshift would refuse it.
    """
    refuse(statement)
    planner = _PLANNERS.get(statement.tokens[0].key)
    return planner(statement, scope) if planner else Forward(rewrite(statement, scope))


def _begin(statement: Statement, _scope: Scope) -> Plan:
    """Every isolation level means the database's own (r_BEGIN)."""
    keys = [token.key for token in statement.tokens]
    read_only = " READ ONLY" if ("READ", "ONLY") in itertools.pairwise(keys) else ""
    return Forward("BEGIN" + read_only)


def _truncate(statement: Statement, scope: Scope) -> Plan:
    """One table, and the transaction is committed (r_TRUNCATE)."""
    cursor = Cursor(statement.tokens[1:])
    cursor.accept("TABLE")
    table = scope.names.qualified(cursor.name())
    cursor.end("Redshift truncates one table a statement, without CASCADE or RESTART")
    return Local("TRUNCATE TABLE", (Run(f"TRUNCATE TABLE {table}"),), Transaction.COMMITS)


def _vacuum(statement: Statement, scope: Scope) -> Plan:
    """Not inside a transaction (r_VACUUM_command); PostgreSQL's statistics are all it changes here."""
    cursor = Cursor([token for token in statement.tokens[1:] if token.key not in VACUUM_MODES])
    return Local("VACUUM", (_analyze_step(cursor, scope),), Transaction.FORBIDDEN)


def _analyze(statement: Statement, scope: Scope) -> Plan:
    cursor = Cursor([token for token in statement.tokens[1:] if token.key not in ("COMPRESSION", "VERBOSE")])
    return Local("ANALYZE", (_analyze_step(cursor, scope),))


def _analyze_step(cursor: Cursor, scope: Scope) -> Run:
    return Run("ANALYZE" if cursor.done else f"ANALYZE {scope.names.qualified(cursor.name())}")


def _write(statement: Statement, scope: Scope) -> Plan:
    cursor = Cursor(statement.tokens[1:])
    if not (cursor.accept("INTO") or cursor.accept("FROM")) and statement.tokens[0].key != "UPDATE":
        if statement.tokens[0].key != "DELETE":  # DELETE t is Redshift's (r_DELETE): FROM is optional
            raise cursor.error()
        start = statement.tokens[0].end
        statement = Statement(statement.text[:start] + " FROM" + statement.text[start:], _moved(statement.tokens, 5))
    return Forward(rewrite(statement, scope), writes=scope.names.qualified(cursor.name()))


def _grant(statement: Statement, scope: Scope) -> Plan:
    """GRANT and REVOKE name a role with the word ROLE before it (r_GRANT); in PostgreSQL users and roles are one."""
    text, tokens = statement.text, []
    for token in statement.tokens:
        if token.key == "ROLE" and token.kind is Kind.WORD:
            text = text[: token.start] + " " * (token.end - token.start) + text[token.end :]
        else:
            tokens.append(token)
    return Forward(rewrite(Statement(text, tuple(tokens)), scope))


def _moved(tokens: tuple[Token, ...], by: int) -> tuple[Token, ...]:
    moved = (Token(token.kind, token.text, token.start + by, token.end + by, token.key) for token in tokens[1:])
    return (tokens[0], *moved)


def _with(statement: Statement, scope: Scope) -> Plan:
    """WITH goes in front of SELECT only (r_WITH_clause)."""
    depth = 0
    for token in statement.tokens:
        depth += (token.key == "(") - (token.key == ")")
        if depth == 0 and token.key in WRITES:
            message = "WITH clause is only supported in front of SELECT (write INSERT INTO t WITH ... SELECT)"
            raise RedshiftError(message, FEATURE_NOT_SUPPORTED)
        if depth == 0 and token.key == "SELECT":
            break
    inside = {token.key for token in statement.tokens} & WRITES
    if inside:
        raise RedshiftError("a WITH clause may hold SELECT only", FEATURE_NOT_SUPPORTED)
    return Forward(rewrite(statement, scope))


_PLANNERS: Mapping[str, Callable[[Statement, Scope], Plan]] = {
    "ALTER": plan_alter,
    "ANALYZE": _analyze,
    "BEGIN": _begin,
    "COPY": plan_copy,
    "CREATE": plan_create,
    "DELETE": _write,
    "GRANT": _grant,
    "INSERT": _write,
    "MERGE": plan_merge,
    "RESET": plan_reset,
    "REVOKE": _grant,
    "SET": plan_set,
    "SHOW": lambda statement, _scope: plan_show(statement),
    "START": _begin,
    "TRUNCATE": _truncate,
    "UNLOAD": plan_unload,
    "UPDATE": _write,
    "VACUUM": _vacuum,
    "WITH": _with,
}
