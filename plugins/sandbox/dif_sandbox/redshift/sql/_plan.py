"""What the session is to do for one statement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

__all__ = ["CopyStatement", "Forward", "Local", "Options", "Plan", "Run", "Step", "Transaction", "UnloadStatement"]

Options: TypeAlias = dict[str, str]
"""COPY and UNLOAD options by name; an option without a value has an empty one."""


class Transaction(Enum):
    """How a statement goes with an open transaction."""

    ANY = auto()
    FORBIDDEN = auto()
    COMMITS = auto()


@dataclass(frozen=True, slots=True)
class Run:
    """SQL for the backend, whose rows nobody sees."""

    sql: str


@dataclass(frozen=True, slots=True)
class CopyStatement:
    """COPY table FROM 's3://...'."""

    table: str  # quoted, maybe with its schema
    columns: tuple[str, ...]  # bare names; empty means all
    source: str
    options: Options


@dataclass(frozen=True, slots=True)
class UnloadStatement:
    """UNLOAD ('select ...') TO 's3://...'."""

    query: str
    destination: str
    options: Options


Step: TypeAlias = Run | CopyStatement | UnloadStatement


@dataclass(frozen=True, slots=True)
class Forward:
    """The backend answers the client itself.

    `writes` is the table whose write lock a transaction takes first; `before` is run ahead of the statement.
    """

    sql: str
    writes: str | None = None
    before: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class Local:
    """The session carries the steps out and answers with `tag`."""

    tag: str
    steps: tuple[Step, ...]
    transaction: Transaction = Transaction.ANY
    writes: str | None = None


Plan: TypeAlias = Forward | Local
