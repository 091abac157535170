"""Redshift's SQL in, PostgreSQL's out, and an error for what Redshift would refuse."""

from __future__ import annotations

from dif_sandbox.redshift.sql._names import Names, literal
from dif_sandbox.redshift.sql._plan import (
    CopyStatement,
    Forward,
    Local,
    Options,
    Plan,
    Run,
    Step,
    Transaction,
    UnloadStatement,
)
from dif_sandbox.redshift.sql._planner import plan
from dif_sandbox.redshift.sql._query import Scope
from dif_sandbox.redshift.sql._settings import REDSHIFT_DEFAULTS
from dif_sandbox.redshift.sql._tokens import Statement, split

__all__ = [
    "REDSHIFT_DEFAULTS",
    "CopyStatement",
    "Forward",
    "Local",
    "Names",
    "Options",
    "Plan",
    "Run",
    "Scope",
    "Statement",
    "Step",
    "Transaction",
    "UnloadStatement",
    "literal",
    "plan",
    "split",
]
