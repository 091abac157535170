"""Tables of dif's own in PostgreSQL, brought up to the code that uses them by numbered files of SQL."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from dif_kit.errors import DifError

__all__ = ["Cursor", "migrate"]

_TABLE: Final = """
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE IF NOT EXISTS {schema}.migration (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class Cursor(Protocol):
    """What is asked of a cursor of psycopg whose rows are dictionaries."""

    def execute(self, query: Any, params: Any = None, /) -> Any:  # noqa: ANN401 - as the driver has it
        """Execute statements."""

    def fetchall(self) -> list[dict[str, Any]]:
        """The rows of the last one."""


def migrate(cursor: Cursor, package: str, *, schema: str, place: str, refusal: type[DifError]) -> list[str]:
    """Apply the files of ``<package>/migrations/`` that ``schema`` has not seen yet, in the order of their names.

    To be called in a transaction: two calls at once take turns. ``place`` names the database in messages. The answer
    holds the names of the files that were applied.

    Raises:
        DifError: of the kind ``refusal``; the database is newer than the code, or a file reads otherwise now.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(schema.encode()[:8])])
    cursor.execute(_TABLE.format(schema=schema))
    cursor.execute(f"SELECT name, sha256 FROM {schema}.migration")  # noqa: S608 - a name of the code's own
    done = {row["name"]: row["sha256"] for row in cursor.fetchall()}
    known = _files(package)
    if newer := sorted(done.keys() - known.keys()):
        raise refusal(f"{place} is newer than this program: it has {', '.join(newer)}")
    applied = []
    for name, text in known.items():
        digest = hashlib.sha256(text).hexdigest()
        if done.get(name, digest) != digest:
            raise refusal(f"{place}: migration {name} was applied in another form")
        if name not in done:
            cursor.execute(text)
            cursor.execute(f"INSERT INTO {schema}.migration (name, sha256) VALUES (%s, %s)", [name, digest])  # noqa: S608
            applied.append(name)
    return applied


def _files(package: str) -> dict[str, bytes]:
    folder = files(package).joinpath("migrations")
    found = (file for file in folder.iterdir() if file.name.endswith(".sql"))
    return {file.name.removesuffix(".sql"): file.read_bytes() for file in sorted(found, key=lambda file: file.name)}
