"""Statements: the files of ``sql/`` with names and values put in, each quoted by its own rule."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["identifier", "literal", "moment", "qualified", "statement"]


def statement(name: str, /, **parts: object) -> str:
    """The statement of ``sql/<name>.sql`` with its ``$parts``; the file's comments stay in the file.

    Names come from `identifier` or `qualified`, values from `literal`: a part is put in as it is.
    """
    return _template(name).substitute({part: str(value) for part, value in parts.items()})


def identifier(name: str) -> str:
    """A name in double quotes: what it holds does not matter then, not even a reserved word."""
    return '"' + name.replace('"', '""') + '"'


def qualified(*names: str) -> str:
    """Names in double quotes with dots between: schema and table, perhaps column."""
    return ".".join(map(identifier, names))


def literal(value: str) -> str:
    """A text in single quotes; Redshift reads a backslash in a literal as an escape, so it is doubled."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def moment(value: datetime) -> str:
    """A moment in single quotes, as TIMESTAMPTZ reads it; ``value`` is in UTC."""
    return literal(f"{value:%Y-%m-%d %H:%M:%S.%f}+00")


@cache
def _template(name: str) -> Template:
    lines = files("target_redshift").joinpath("sql", f"{name}.sql").read_text().splitlines()
    return Template("\n".join(line for line in lines if not line.startswith("--")))
