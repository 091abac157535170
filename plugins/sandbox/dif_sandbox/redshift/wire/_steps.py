"""What the front carries out itself: DDL in several statements, COPY, UNLOAD."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import ACTIVE_TRANSACTION, RedshiftError
from dif_sandbox.redshift._store import errors_insert, files_insert
from dif_sandbox.redshift.load import Buckets, Loader, Unloader, columns_query, parse_columns
from dif_sandbox.redshift.sql import CopyStatement, Local, Run, Step, Transaction, UnloadStatement, literal
from dif_sandbox.redshift.wire._backend import Backend, BackendError
from dif_sandbox.redshift.wire._messages import TransactionStatus, command_complete, notice
from dif_sandbox.redshift.wire._threads import iterate_in_thread

if TYPE_CHECKING:
    from dif_sandbox.redshift._store import Store
    from dif_sandbox.redshift.wire._answers import Answers

__all__ = ["Steps"]

MAKES_COLUMNS = frozenset({"CREATE TABLE", "CREATE VIEW", "ALTER TABLE", "SELECT"})
FORBIDDEN_NAMES = {"ALTER TABLE": "ALTER TABLE ALTER COLUMN"}


class Steps:
    """Runs local plans in the client's own backend session."""

    def __init__(
        self, backend: Backend, client: asyncio.StreamWriter, store: Store, buckets: Buckets, answers: Answers
    ) -> None:
        self._backend, self._client, self._store, self._buckets = backend, client, store, buckets
        self._answers = answers
        self._failed: RedshiftError | None = None

    async def run(self, local: Local) -> None:
        """Carry the plan out and tell the client that it is done.

        Raises:
            RedshiftError: Redshift would refuse it here, or COPY fails.
            BackendError: PostgreSQL refuses.
        """
        before = self._backend.status
        if local.transaction is Transaction.FORBIDDEN and before != TransactionStatus.IDLE:
            name = FORBIDDEN_NAMES.get(local.tag, local.tag)
            raise RedshiftError(f"{name} cannot run inside a transaction block", ACTIVE_TRANSACTION)
        if local.writes and before == TransactionStatus.OPEN:
            await self.lock(local.writes)
        alone = before == TransactionStatus.IDLE and len(local.steps) > 1
        if alone:
            await self._backend.ask("BEGIN")
        try:
            for step in local.steps:
                await self._step(step)
        except (RedshiftError, BackendError) as fault:
            self._failed = fault if isinstance(fault, RedshiftError) else None
            if alone:
                await self._backend.ask("ROLLBACK")
            raise
        commits = local.transaction is Transaction.COMMITS and before == TransactionStatus.OPEN
        if alone or commits:
            await self._backend.ask("COMMIT")
        if local.tag in MAKES_COLUMNS:
            await self._store.refresh_super_columns(self._backend)
        self._client.write(command_complete(local.tag))

    def failed(self, fault: RedshiftError) -> bool:
        """Whether it was this fault that aborted the transaction."""
        return self._failed is fault

    async def lock(self, table: str) -> None:
        """Take the write lock of a table until the transaction ends (c_serial_isolation: one writer a table)."""
        oid = f"SELECT {literal(table)}::regclass::oid"
        locked = await self._backend.ask(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE; {oid}")
        self._answers.written_table = locked.rows[0][0] or "0"

    async def abort(self) -> None:
        """Leave the open transaction in the aborted state."""
        with contextlib.suppress(BackendError):
            await self._backend.ask("DO $$ BEGIN RAISE EXCEPTION 'aborted'; END $$")

    async def _step(self, step: Step) -> None:
        match step:
            case Run():
                await self._backend.ask(step.sql)
            case CopyStatement():
                await self._copy(step)
            case UnloadStatement():
                await self._unload(step)

    async def _copy(self, statement: CopyStatement) -> None:
        found = await self._backend.ask(columns_query(literal(statement.table)))
        columns, oid = parse_columns(found.rows)
        query = await self._store.next_query()
        loader = await asyncio.to_thread(Loader, self._buckets, statement, columns)
        names = ", ".join('"' + column.name.replace('"', '""') + '"' for column in loader.columns)
        try:
            async with contextlib.aclosing(iterate_in_thread(loader.chunks)) as chunks:
                if "NOLOAD" in statement.options:
                    async for _ in chunks:
                        pass
                else:
                    await self._backend.ask(f"COPY {statement.table} ({names}) FROM STDIN", feed=chunks)
        finally:
            if loader.errors:
                recorded = errors_insert(query, oid, self._answers.process, loader.errors)
                await self._store.run(recorded)
        if loader.errors and self._backend.status == TransactionStatus.OPEN:
            await self._backend.ask(recorded)  # its snapshot does not show what the store has just committed
        await self._backend.ask(files_insert(query, oid, loader.files))
        loaded = 0 if "NOLOAD" in statement.options else loader.loaded
        await self._remember(query, loaded)
        table = statement.table.split(".")[-1].strip('"')
        if loader.errors:
            failed = f"{len(loader.errors)} record(s) could not be loaded."
            hint = "Check 'stl_load_errors' system table for details."
            self._client.write(notice(f"Load into table '{table}' completed, {failed}  {hint}"))
        text = f"{loader.loaded} record(s) loaded successfully."
        self._client.write(notice(f"Load into table '{table}' completed, {text}"))

    async def _remember(self, query: int, rows: int) -> None:
        values = {"last_copy_count": rows, "last_copy_id": query}
        sets = ", ".join(f"set_config('redshift.{name}', '{value}', false)" for name, value in values.items())
        await self._backend.ask(f"SELECT {sets}")

    async def _unload(self, statement: UnloadStatement) -> None:
        unloader = await asyncio.to_thread(Unloader, self._buckets, statement)
        result = await self._backend.ask(statement.query)
        await asyncio.to_thread(unloader.write, result.names, result.rows)
        self._client.write(notice(f"UNLOAD completed, {len(result.rows)} record(s) unloaded successfully."))
