"""What the front remembers in the database, by a connection of its own: it outlives a client's rollback."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from dif_sandbox.redshift.sql import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_sandbox.redshift._config import Postgres
    from dif_sandbox.redshift.load import LoadedFile, LoadError
    from dif_sandbox.redshift.wire import Backend

__all__ = ["Store", "errors_insert", "files_insert"]

SUPER_COLUMNS = (
    "SELECT DISTINCT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " WHERE a.atttypid = 'jsonb'::regtype AND a.attnum > 0 AND NOT a.attisdropped"
    " AND c.relnamespace <> 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v', 'm')"
)


class Store:
    """Long names, SUPER columns, load errors and load commits.

    A session that PostgreSQL ends is opened again. What was under way is then done a second time, so every statement
    here is one that may run twice.
    """

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._busy = asyncio.Lock()
        self.long_names: dict[str, str] = {}
        self.super_columns: set[str] = set()

    async def open(self) -> None:
        """Connect, and read what earlier runs stored."""
        self._connection = await self._connect()
        names = await self._connection.execute("SELECT short, long FROM dif_redshift.long_names")
        self.long_names |= dict(await names.fetchall())
        columns = await self._connection.execute(SUPER_COLUMNS)
        self.super_columns |= {row[0] for row in await columns.fetchall()}

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()

    async def remember_names(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Keep the long forms of names.

        Raises:
            ConnectionError: The database is gone; so it is for the other methods.
        """
        rows = literal(json.dumps(pairs))
        await self._execute(
            "INSERT INTO dif_redshift.long_names SELECT pair->>0, pair->>1"
            f" FROM jsonb_array_elements({rows}) AS found(pair) ON CONFLICT DO NOTHING"
        )

    async def next_query(self) -> int:
        """A query id."""
        cursor = await self._execute("SELECT nextval('dif_redshift.query_id')")
        row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def refresh_super_columns(self, backend: Backend) -> None:
        """Learn the SUPER columns that a session sees after it made some; what it does not see may be another's."""
        if backend.status != "E":
            self.super_columns.update(row[0] for row in (await backend.ask(SUPER_COLUMNS)).rows if row[0])

    async def run(self, statement: str) -> None:
        """Run SQL that no rollback of a client takes back, and that may run twice."""
        await self._execute(statement)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        place = self._postgres
        return await psycopg.AsyncConnection.connect(
            host=place.host, port=place.port, user=place.user, dbname=place.database, autocommit=True
        )

    async def _execute(self, statement: str) -> psycopg.AsyncCursor[Any]:
        async with self._busy:
            try:
                return await self._connection.execute(statement.encode())
            except psycopg.OperationalError:
                if not self._connection.closed:
                    raise
            try:
                self._connection = await self._connect()
                return await self._connection.execute(statement.encode())
            except psycopg.OperationalError as error:
                raise ConnectionError("the database is gone") from error


def errors_insert(query: int, table: int, session: int, errors: Sequence[LoadError]) -> str:
    """SQL that fills stl_load_errors; run twice, it shows once."""
    at = _now()
    rows = [
        {
            "query": query,
            "tbl": table,
            "starttime": at,
            "session": session,
            "filename": error.filename,
            "line_number": error.line,
            "colname": error.column,
            "type": error.type,
            "col_length": error.length,
            "position": error.position,
            "raw_line": error.raw_line,
            "raw_field_value": error.raw_value,
            "err_code": error.code,
            "err_reason": error.reason,
        }
        for error in errors
    ]
    return _insert("load_errors", rows)


def files_insert(query: int, table: int, files: Sequence[LoadedFile]) -> str:
    """SQL that fills stl_load_commits."""
    at = _now()
    rows = [
        {
            "query": query,
            "tbl": table,
            "curtime": at,
            "filename": file.url,
            "lines_scanned": file.lines,
            "errors": file.errors,
            "bytes": file.size,
        }
        for file in files
    ]
    return _insert("load_commits", rows)


def _insert(table: str, rows: Sequence[dict[str, object]]) -> str:
    target = f"dif_redshift.{table}"
    document = literal(json.dumps(rows, ensure_ascii=False))
    return f"INSERT INTO {target} SELECT * FROM jsonb_populate_recordset(null::{target}, {document})"


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
