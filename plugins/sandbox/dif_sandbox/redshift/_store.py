"""What the front remembers in the database, by a connection of its own: it outlives a client's rollback."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import psycopg

from dif_sandbox.redshift._config import Postgres

if TYPE_CHECKING:
    from dif_sandbox.redshift.load import LoadedFile, LoadError
    from dif_sandbox.redshift.wire._backend import Backend

__all__ = ["Store"]

SUPER_COLUMNS = (
    "SELECT DISTINCT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " WHERE a.atttypid = 'jsonb'::regtype AND a.attnum > 0 AND NOT a.attisdropped"
    " AND c.relnamespace <> 'pg_catalog'::regnamespace AND c.relkind IN ('r', 'v', 'm')"
)
ERROR_COLUMNS = 13


class Store:
    """Long names, SUPER columns, load errors and load commits."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._busy = asyncio.Lock()
        self.long_names: dict[str, str] = {}
        self.super_columns: set[str] = set()

    async def open(self) -> None:
        """Connect, and read what earlier runs stored."""
        place = self._postgres
        self._connection = await psycopg.AsyncConnection.connect(
            host=place.host, port=place.port, user=place.user, dbname=place.database, autocommit=True
        )
        names = await self._connection.execute("SELECT short, long FROM dif_redshift.long_names")
        self.long_names |= dict(await names.fetchall())
        columns = await self._connection.execute(SUPER_COLUMNS)
        self.super_columns |= {row[0] for row in await columns.fetchall()}

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()

    async def remember_names(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Keep the long forms of names."""
        await self._insert("INSERT INTO dif_redshift.long_names VALUES (%s, %s) ON CONFLICT DO NOTHING", pairs)

    async def next_query(self) -> int:
        """A query id."""
        async with self._busy:
            cursor = await self._connection.execute("SELECT nextval('dif_redshift.query_id')")
            row = await cursor.fetchone()
        return int(row[0]) if row else 0

    async def refresh_super_columns(self, backend: Backend) -> None:
        """Learn the SUPER columns that a session sees after it made some; what it does not see may be another's."""
        if backend.status != "E":
            self.super_columns.update(row[0] for row in (await backend.ask(SUPER_COLUMNS)).rows if row[0])

    async def record_errors(self, query: int, table: int, session: int, errors: Sequence[LoadError]) -> None:
        """Fill stl_load_errors."""
        places = ", ".join(["%s"] * ERROR_COLUMNS)
        rows = [
            (query, table, session, e.filename, e.line, e.column, e.type, e.length, e.position, e.raw_line, e.raw_value,
             e.code, e.reason)
            for e in errors
        ]  # fmt: skip
        await self._insert(f"INSERT INTO dif_redshift.load_errors VALUES ({places})", rows)

    async def record_files(self, query: int, table: int, files: Sequence[LoadedFile]) -> None:
        """Fill stl_load_commits."""
        rows = [(query, table, file.url, file.lines, file.errors, file.size) for file in files]
        await self._insert("INSERT INTO dif_redshift.load_commits VALUES (%s, %s, %s, %s, %s, %s)", rows)

    async def _insert(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        async with self._busy, self._connection.cursor() as cursor:
            await cursor.executemany(sql.encode(), rows)
