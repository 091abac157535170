"""A dry run: the catalog is read, and every statement that would change something is printed instead of sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from typing_extensions import override

from target_redshift._connection import Warehouse
from target_redshift._failures import Refused
from target_redshift._session import Session
from target_redshift._tables import Tables

if TYPE_CHECKING:
    from target_redshift._layout import Layout

__all__ = ["RehearsedSession"]

_UNDEFINED_TABLE = "42P01"


class _Printing(Warehouse):
    """Asks what is there; says on standard output what would be done."""

    @override
    def execute(self, sql: str) -> None:
        click.echo(f"{sql.strip()};\n")

    @override
    def change(self, sql: str) -> int:
        self.execute(sql)
        return 0

    @override
    def query(self, sql: str, rehearsed: list[tuple[Any, ...]] | None = None) -> list[tuple[Any, ...]]:
        if rehearsed is not None:
            self.execute(sql)
            return rehearsed
        try:
            return super().query(sql)
        except Refused as refused:
            if refused.state != _UNDEFINED_TABLE:
                raise
            return []  # one of the target's own tables, which the run would have made by now


class _Imagined(Tables):
    """The tables as they would be after the statements that were printed."""

    @override
    def forget(self) -> None:
        """Nobody but this rehearsal knows of its changes."""

    @override
    def _change(self, stream: str, layout: Layout, *, exists: bool) -> None:
        super()._change(stream, layout, exists=exists)
        columns = self._known().setdefault(self._settings.table(stream), {})
        columns.update(layout.added)
        for column, max_bytes in layout.widened.items():
            columns[column] = replace(columns[column], max_bytes=max_bytes)


class RehearsedSession(Session):
    """A session of a dry run."""

    warehouse_class = _Printing
    tables_class = _Imagined
