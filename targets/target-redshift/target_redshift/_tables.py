"""The schema and its tables: made, given columns and widened so that rows fit; each change its own statement.

Redshift adds one column a statement and changes a VARCHAR's length only outside a transaction, so none of this is
undone when the load that follows fails. It need not be: a column more, or wider, loses nothing.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from dif_kit.errors import ConfigError, DeliveryError

from target_redshift._failures import Refused
from target_redshift._layout import Layout, lay_out
from target_redshift._names import is_variant
from target_redshift._settings import DELIVERIES, FENCES, LOCK, QUARANTINE, WINDOWS
from target_redshift._sql import identifier, literal, qualified, statement
from target_redshift._types import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dif_kit.target import Column, StreamSchema

    from target_redshift._connection import Warehouse
    from target_redshift._settings import Settings

__all__ = ["LATER_COLUMNS", "Tables", "columns_of"]

_OWN_TABLES: Final = {
    DELIVERIES: "create_deliveries",
    FENCES: "create_fences",
    LOCK: "create_lock",
    QUARANTINE: "create_quarantine",
    WINDOWS: "create_windows",
}
#: What the table of deliveries got after it was first made somewhere, in the order of `Delivery`.
LATER_COLUMNS: Final = {
    "records_received": "BIGINT",
    "checksum": "VARCHAR(64) ENCODE ZSTD",
    "rows_superseded": "BIGINT",
}

# Taps of a new client begin beside each other: a session may lose the race for each of these, for the schema and for
# its stream's table. Who loses has nothing to wait for: what it wanted is there.
RACES: Final = len(_OWN_TABLES) + len(LATER_COLUMNS) + 5

Answer = TypeVar("Answer")

logger = logging.getLogger(__name__)


class Tables:
    """The tables of one schema as this session knows them."""

    def __init__(self, warehouse: Warehouse, settings: Settings) -> None:
        self._warehouse = warehouse
        self._settings = settings
        self._columns: dict[str, dict[str, ColumnType]] | None = None
        self._remarks: dict[tuple[str, str], str] = {}
        self._are_fresh = False

    def forget(self) -> None:
        """Ask the warehouse again next time: somebody may have changed a table."""
        self._columns = None

    def make_schema(self) -> None:
        """Make the schema and the target's own tables if they are missing; raises as `fit` does."""
        self._settle(lambda: self._known() is not None, "the schema or its own tables")

    def describe(self, schema: StreamSchema, layout: Layout) -> None:
        """Let the SCHEMA's descriptions be the comments of the table and its columns; raises as `fit` does."""
        table = self._settings.table(schema.stream)
        name = qualified(self._settings.schema, table)
        if (text := _description(schema.json_schema)) and self._remarks.get((table, "")) != text:
            self._warehouse.execute(statement("comment_table", table=name, text=literal(text)))
        properties = schema.json_schema.get("properties", {})
        for column, place in layout.names.items():
            text = _description(properties.get(column))
            if text and not is_variant(place) and self._remarks.get((table, place)) != text:
                whole = qualified(self._settings.schema, table, place)
                self._warehouse.execute(statement("comment_column", column=whole, text=literal(text)))

    def grant(self) -> None:
        """Let the settings' roles, groups and users read the schema; raises as `fit` does."""
        if self._settings.grantees:
            to = {"schema": identifier(self._settings.schema), "grantees": ", ".join(self._settings.grantees)}
            for grant in ("grant_usage", "grant_select"):
                self._settle(partial(self._done, statement(grant, **to)), "grants")

    def fit(self, stream: str, columns: Sequence[Column], keys: Sequence[str]) -> Layout:
        """Make the stream's table take these columns; the answer says where each of them goes.

        Raises:
            ConfigError, DeliveryError: as `lay_out` does, or the user may not make what is missing.
            Refused, ConnectionLost: anything else the warehouse says.
        """
        table = self._settings.table(stream)

        def attempt() -> Layout | None:
            known = self._known()
            layout = lay_out(stream, columns, keys, known.get(table, {}))
            if layout.is_ready:
                return layout
            if self._are_fresh:  # else a column that another session has widened meanwhile could be narrowed
                self._change(stream, layout, exists=table in known)
            return None

        return self._settle(attempt, f"table {table!r}")

    def _settle(self, attempt: Callable[[], Answer | None], what: str) -> Answer:
        """Attempt until there is an answer; after a change, ours or another's, the warehouse is asked again."""
        self._are_fresh = self._columns is None
        for _ in range(RACES):
            try:
                if (answer := attempt()) is not None:
                    return answer
            except Refused as refused:
                if not refused.is_race:
                    raise self._explained(refused, what) from None
            self.forget()
            self._are_fresh = True
        raise DeliveryError(f"schema {self._settings.schema!r}: {what} kept changing while it was prepared")

    def _done(self, sql: str) -> bool:
        self._warehouse.execute(sql)
        return True

    def _change(self, stream: str, layout: Layout, *, exists: bool) -> None:
        name = qualified(self._settings.schema, self._settings.table(stream))
        definitions = [f"{identifier(column)} {type_.ddl}" for column, type_ in layout.added.items()]
        if not exists:
            attributes = self._attributes(stream, layout)
            self._warehouse.execute(
                statement("create_table", table=name, columns=",\n    ".join(definitions), attributes=attributes)
            )
            logger.info("made table %s", name)
            return
        for definition in definitions:
            self._warehouse.execute(statement("add_column", table=name, column=definition))
            logger.info("added to table %s: %s", name, definition)
        for column, place in layout.names.items():
            if place in layout.added and is_variant(place):
                self._report(stream, column, place)
        for column, max_bytes in layout.widened.items():
            self._warehouse.execute(
                statement("widen_column", table=name, column=identifier(column), max_bytes=max_bytes)
            )
            logger.info("widened in table %s: %s to %s bytes", name, identifier(column), max_bytes)

    def _report(self, stream: str, column: str, place: str) -> None:
        """Say where values of a new kind go: now in the log, from now on in the catalog."""
        logger.warning(
            "stream %r: values of %r are of another kind than its column holds; they go to column %r beside it",
            stream, column, place,
        )  # fmt: skip
        whole = qualified(self._settings.schema, self._settings.table(stream), place)
        text = f"Values of {column} since {datetime.now(UTC):%Y-%m-%d} that the column of that name cannot hold"
        self._warehouse.execute(statement("comment_column", column=whole, text=literal(text)))

    def _attributes(self, stream: str, layout: Layout) -> str:
        """Distribution and order of a new table: the settings' or, by what queries do, Redshift's own choice."""
        distribution, sort = self._settings.distribution_key(stream), self._settings.sort_key(stream)
        for column in (*sort, *filter(None, [distribution])):
            if column not in layout.names:
                raise ConfigError(f"stream {stream!r} has no column {column!r}: correct distribution_keys or sort_keys")
        columns = ", ".join(identifier(layout.names[column]) for column in sort)
        key = identifier(layout.names[distribution]) if distribution else ""
        style = f"DISTSTYLE KEY DISTKEY ({key})" if key else "DISTSTYLE AUTO"
        return f"{style} " + (f"COMPOUND SORTKEY ({columns})" if columns else "SORTKEY AUTO")

    def _known(self) -> dict[str, dict[str, ColumnType]]:
        """The columns of every table of the schema; the schema and the table of deliveries are made if need be."""
        if self._columns is None:
            if not self._warehouse.query(statement("find_schema", schema_name=literal(self._settings.schema))):
                self._warehouse.execute(statement("create_schema", schema=identifier(self._settings.schema)))
                logger.info("made schema %s", identifier(self._settings.schema))
            columns: dict[str, dict[str, ColumnType]] = {}
            remarks: dict[tuple[str, str], str] = {}
            in_schema = literal(self._settings.schema)
            for table, column, name, max_bytes, digits, scale, remark in self._warehouse.query(
                statement("list_columns", schema_name=in_schema)
            ):
                columns.setdefault(table, {})[column] = ColumnType(name, max_bytes or 0, digits or 0, scale or 0)
                remarks[table, column] = remark or ""
            for table, remark in self._warehouse.query(statement("list_tables", schema_name=in_schema)):
                remarks[table, ""] = remark or ""
            for own, create in _OWN_TABLES.items():
                if own not in columns:
                    self._warehouse.execute(statement(create, table=qualified(self._settings.schema, own)))
            for name, definition in LATER_COLUMNS.items():
                if name not in columns.get(DELIVERIES, {name: None}):
                    table = qualified(self._settings.schema, DELIVERIES)
                    self._warehouse.execute(statement("add_column", table=table, column=f"{name} {definition}"))
            self._remarks = remarks
            self._columns = columns
        return self._columns

    def _explained(self, refused: Refused, what: str) -> Exception:
        if refused.is_forbidden:
            return ConfigError(
                f"schema {self._settings.schema!r}: the user may not make or change {what}: {refused}; grant it CREATE "
                f"on the database or the schema, or let the table's owner load it"
            )
        return refused


def columns_of(warehouse: Warehouse, settings: Settings, table: str) -> set[str]:
    """The columns of one table as they are now, whatever somebody has added since; none, if the table is missing.

    It is asked for alone: a schema may have thousands of columns.
    """
    names = {"schema_name": literal(settings.schema), "table_name": literal(table)}
    return {name for (name,) in warehouse.query(statement("find_columns", **names))}


def _description(facts: object) -> str:
    """The description in a JSON schema, if there is one."""
    text = facts.get("description") if isinstance(facts, dict) else None
    return text if isinstance(text, str) and "\0" not in text else ""
