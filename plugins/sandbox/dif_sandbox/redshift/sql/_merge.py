"""MERGE, in Redshift's two forms.

Source: developer guide, r_MERGE: both WHEN clauses in this order and without AND, a table as source that is not the
target, no alias for the target, no WITH, no part of a SUPER column; REMOVE DUPLICATES.
"""

from __future__ import annotations

import itertools

from dif_sandbox.redshift._errors import FEATURE_NOT_SUPPORTED, RedshiftError, syntax_error
from dif_sandbox.redshift.sql import _super
from dif_sandbox.redshift.sql._names import literal
from dif_sandbox.redshift.sql._plan import Forward, Local, Plan, Run
from dif_sandbox.redshift.sql._query import Scope, rewrite
from dif_sandbox.redshift.sql._tokens import Cursor, Statement, Token

__all__ = ["plan_merge"]


def plan_merge(statement: Statement, scope: Scope) -> Plan:
    """The plan of a MERGE statement."""
    cursor = Cursor(statement.tokens)
    cursor.expect("MERGE")
    cursor.accept("INTO")
    target = scope.names.qualified(cursor.name())
    cursor.expect("USING", hint="Redshift's MERGE takes no alias for the target table")
    if cursor.key() == "(":
        raise RedshiftError("MERGE source must be a table, not a subquery", FEATURE_NOT_SUPPORTED)
    source = scope.names.qualified(cursor.name())
    if source == target:
        raise RedshiftError("MERGE source and target can't be the same table", FEATURE_NOT_SUPPORTED)
    alias = ""
    cursor.accept("AS")
    if cursor.key() != "ON":
        alias = scope.names.quoted(cursor.next())
    cursor.expect("ON")
    if _super.navigates(statement.tokens, scope.super_columns):
        raise RedshiftError("Partial reference of SUPER column is not supported in MERGE statement.")
    check = Run(f"SELECT dif_redshift.check_merge_source({literal(source)})")
    if [token.key for token in statement.tokens[-2:]] == ["REMOVE", "DUPLICATES"]:
        condition = rewrite(statement.part(statement.tokens[cursor.at : -2]), Scope(scope.names))  # no SUPER paths
        return Local("MERGE", (check, *_remove_duplicates(target, source, alias, condition)), writes=target)
    _check_clauses(statement.tokens[cursor.at :])
    return Forward(rewrite(statement, scope), writes=target, before=(check,))


def _remove_duplicates(target: str, source: str, alias: str, condition: str) -> tuple[Run, Run]:
    """Matched target rows go, then every distinct row of the source comes."""
    delete = f"DELETE FROM {target} USING {source} {alias} WHERE {condition}"
    return Run(delete), Run(f"INSERT INTO {target} SELECT DISTINCT * FROM {source}")


def _check_clauses(tokens: tuple[Token, ...]) -> None:
    clauses: list[str] = []
    for at, token in enumerate(tokens):
        if token.key != "WHEN":
            continue
        words = [following.key for following in tokens[at + 1 : at + 4]]
        if words[:1] == ["MATCHED"]:
            clauses.append("MATCHED")
        elif words[:2] == ["NOT", "MATCHED"]:
            clauses.append("NOT MATCHED")
        else:
            continue  # CASE WHEN
        then = at + 1 + len(clauses[-1].split())
        if then >= len(tokens) or tokens[then].key != "THEN":
            near = tokens[then].text if then < len(tokens) else ""
            raise syntax_error(near, "Redshift's MERGE has no WHEN [NOT] MATCHED AND or BY")
    if clauses != ["MATCHED", "NOT MATCHED"]:
        message = "MERGE needs exactly one WHEN MATCHED and one WHEN NOT MATCHED clause, in that order"
        raise RedshiftError(message)
    keys = [token.key for token in tokens]
    if any(pair == ("DO", "NOTHING") for pair in itertools.pairwise(keys)):
        raise syntax_error("DO")
