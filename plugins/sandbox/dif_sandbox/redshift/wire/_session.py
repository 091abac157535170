"""One client: its messages, in both forms of the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import SYNTAX, RedshiftError
from dif_sandbox.redshift.sql import Forward, Local, Names, Plan, Scope, Statement, plan, split
from dif_sandbox.redshift.wire._answers import Answers
from dif_sandbox.redshift.wire._backend import Backend, BackendError
from dif_sandbox.redshift.wire._messages import TransactionStatus, cstring, error, message, read_message, ready
from dif_sandbox.redshift.wire._steps import Steps

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping

    from dif_sandbox.redshift._store import Store
    from dif_sandbox.redshift.load import Buckets

__all__ = ["Session"]

NOT_WRAPPED = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "VACUUM", "TRUNCATE"})
ABORTED = RedshiftError("current transaction is aborted, commands ignored until end of transaction block", "25P02")
NOTHING = Forward("")


class Session:
    """Plans each statement and has the backend, or the front itself, answer it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, store: Store, buckets: Buckets
    ) -> None:
        self._reader, self._writer = reader, writer
        self._answers = Answers(store.long_names)
        self._scope = Scope(Names(store.long_names), store.super_columns)
        self._store = store
        self.backend = Backend(writer, self._answers)
        self._steps = Steps(self.backend, writer, store, buckets, self._answers)
        self._statements: dict[bytes, Local] = {}
        self._portals: dict[bytes, Local] = {}
        self._skipping = False  # after an error, up to Sync
        self._handlers: Mapping[bytes, Callable[[bytes], Awaitable[None]]] = {
            b"P": self._parse,
            b"B": self._bind,
            b"D": self._describe,
            b"E": self._execute,
            b"C": self._close,
            b"H": self._flush,
        }

    async def run(self) -> None:
        """Serve the client until it leaves."""
        while True:
            kind, body = await read_message(self._reader)
            if kind == b"X":
                return
            if kind == b"Q":
                await self._simple(body[:-1].decode())
            elif kind == b"S":
                self._skipping = False
                self.backend.forward(b"S", b"", "sync")
                await self.backend.drain()
            elif not self._skipping:
                await self._extended(kind, body)

    # the simple protocol: one message, any number of statements

    async def _simple(self, text: str) -> None:
        await self.backend.settle()
        try:
            statements = split(text)
            if len(statements) <= 1 and await self._forward_alone(statements, text):
                return
            await self._all(statements)
        except (RedshiftError, BackendError) as fault:
            await self._fail(fault)
        self._writer.write(ready(self.backend.status))
        await self._writer.drain()

    async def _forward_alone(self, statements: list[Statement], text: str) -> bool:
        """Let the backend answer a single statement itself, if it can."""
        planned = await self._plan(statements[0]) if statements else Forward(text)
        if isinstance(planned, Local):
            await self._steps.run(planned)
            self._writer.write(ready(self.backend.status))
            await self._writer.drain()
            return True
        await self._prepare(planned)
        self.backend.forward(b"Q", cstring(planned.sql), "query")
        await self.backend.drain()
        return True

    async def _all(self, statements: list[Statement]) -> None:
        """Several statements of one message are one transaction unless they say otherwise."""
        controls = any(statement.tokens[0].key in NOT_WRAPPED for statement in statements)
        wrapped = self.backend.status == TransactionStatus.IDLE and not controls
        if wrapped:
            await self.backend.ask("BEGIN")
        try:
            for statement in statements:
                planned = await self._plan(statement)
                if isinstance(planned, Local):
                    await self._steps.run(planned)
                else:
                    await self._prepare(planned)
                    await self.backend.ask(planned.sql, relay=self._writer.write)
        except (RedshiftError, BackendError):
            if wrapped:
                await self.backend.ask("ROLLBACK")
            raise
        if wrapped:
            await self.backend.ask("COMMIT")

    # the extended protocol: parse, bind, describe, execute, sync

    async def _extended(self, kind: bytes, body: bytes) -> None:
        handler = self._handlers.get(kind)
        try:
            if handler is None:
                self.backend.forward(kind, body)
            else:
                await handler(body)
        except (RedshiftError, BackendError) as fault:
            if await self._settled():
                await self._fail(fault)
            self._skipping = True

    async def _parse(self, body: bytes) -> None:
        name, query, types = body.split(b"\0", 2)
        statements = split(query.decode())
        if len(statements) > 1:
            raise RedshiftError("cannot insert multiple commands into a prepared statement", SYNTAX)
        planned = await self._plan(statements[0]) if statements else NOTHING
        self._statements.pop(name, None)
        if isinstance(planned, Local):
            if await self._settled():
                self._statements[name] = planned
                self._writer.write(message(b"1"))
            return
        if (planned.before or planned.writes) and await self._settled():
            await self._prepare(planned)
        self.backend.forward(b"P", name + b"\0" + planned.sql.encode() + b"\0" + types, "parse")

    async def _bind(self, body: bytes) -> None:
        portal, statement, rest = body.split(b"\0", 2)
        self._portals.pop(portal, None)
        local = self._statements.get(statement)
        if local is None:
            self.backend.forward(b"B", body, "bind")
            return
        formats = int.from_bytes(rest[:2])
        if int.from_bytes(rest[2 + 2 * formats : 4 + 2 * formats]):
            raise RedshiftError(f"{local.tag} does not take bind parameters", SYNTAX)
        if await self._settled():
            self._portals[portal] = local
            self._writer.write(message(b"2"))

    async def _describe(self, body: bytes) -> None:
        kind, name = body[:1], body[1:-1]
        if name not in (self._statements if kind == b"S" else self._portals):
            self.backend.forward(b"D", body, "describe")
            return
        if await self._settled():
            self._writer.write((message(b"t", b"\0\0") if kind == b"S" else b"") + message(b"n"))

    async def _execute(self, body: bytes) -> None:
        local = self._portals.get(body.split(b"\0", 1)[0])
        if local is None:
            self.backend.forward(b"E", body, "execute")
            return
        if await self._settled():
            await self._steps.run(local)

    async def _close(self, body: bytes) -> None:
        held = self._statements if body[:1] == b"S" else self._portals
        if held.pop(body[1:-1], None) is None:
            self.backend.forward(b"C", body, "close")
            return
        if await self._settled():
            self._writer.write(message(b"3"))

    async def _flush(self, _body: bytes) -> None:
        await self.backend.flush()
        await self._writer.drain()

    async def _settled(self) -> bool:
        """Wait until all before is answered; False if one of those failed: then nothing is done before Sync."""
        await self.backend.settle()
        return not self.backend.skipping

    # both

    async def _plan(self, statement: Statement) -> Plan:
        planned = plan(statement, self._scope)
        learned = self._scope.names.learned
        if learned:
            self._scope.names.learned = []
            await self._store.remember_names(learned)
        return planned

    async def _prepare(self, planned: Forward) -> None:
        if planned.writes and self.backend.status == TransactionStatus.OPEN:
            await self._steps.lock(planned.writes)
        for step in planned.before:
            await self.backend.ask(step.sql)

    async def _fail(self, fault: RedshiftError | BackendError) -> None:
        """Tell the client, and leave an open transaction aborted, as the server would."""
        if isinstance(fault, BackendError):
            self._writer.write(self._answers.error(b"E", fault.body, place=False))
            return
        if self.backend.status == TransactionStatus.FAILED and not self._steps.failed(fault):
            fault = ABORTED
        if self.backend.status == TransactionStatus.OPEN:
            await self._steps.abort()
        self._writer.write(error(fault))
