"""The target's tables as somebody reads them who checks what was delivered."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from dif_kit.errors import DeliveryError
from dif_kit.target import ColumnKind, DeliveredTables, Delivery, Placed
from typing_extensions import override

from target_redshift._connection import Warehouse
from target_redshift._failures import ConnectionLost, Refused
from target_redshift._layout import DELETED_AT
from target_redshift._names import column_names, variant_name
from target_redshift._settings import DELIVERIES, Settings
from target_redshift._sql import identifier, literal, qualified, statement
from target_redshift._tables import LATER_COLUMNS, columns_of
from target_redshift._types import KIND_WORDS
from target_redshift.target import TargetRedshift

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["RedshiftTables", "open_tables"]

_KINDS: Final = {
    "bigint": ColumnKind.INTEGER,
    "integer": ColumnKind.INTEGER,
    "smallint": ColumnKind.INTEGER,
    "double precision": ColumnKind.NUMBER,
    "numeric": ColumnKind.DECIMAL,
    "boolean": ColumnKind.BOOLEAN,
    "date": ColumnKind.DATE,
    "timestamp with time zone": ColumnKind.DATETIME,
    "time without time zone": ColumnKind.TIME,
    "super": ColumnKind.NESTED,
}


def open_tables(config: Mapping[str, Any]) -> RedshiftTables:
    """The tables that a target with this config loads; raises ConfigError, KeyError for a setting that is missing."""
    properties = TargetRedshift.config_jsonschema["properties"]
    defaults = {name: facts["default"] for name, facts in properties.items() if "default" in facts}
    return RedshiftTables(Settings.from_config({**defaults, **config}, str(config.get("tap") or "")))


class RedshiftTables(DeliveredTables):
    """One session that changes nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._warehouse = Warehouse(settings)
        self._tables: dict[str, dict[str, tuple[str, int]]] | None = None

    @override
    def deliveries(self, tap: str, run_id: str | None = None) -> list[Delivery]:
        with _told():
            known = columns_of(self._warehouse, self._settings, DELIVERIES)
        if not known:
            return []
        # A table that was made before these columns were known gets them with the next run.
        asked = statement(
            "list_deliveries",
            later=", ".join(name if name in known else "NULL" for name in LATER_COLUMNS),
            deliveries=self._settings.deliveries,
            client=literal(self._settings.client),
            tap=literal(tap),
            of_run="" if run_id is None else f"AND run_id = {literal(run_id)}",
        )
        return [Delivery(*row) for row in self.query(asked)]

    @override
    def places(self, delivery: Delivery, columns: Sequence[str]) -> dict[str, Placed]:
        table = self._known().get(delivery.table, {})
        found = {}
        for column, name in column_names(delivery.stream, columns).items():
            if name in table:
                type_, scale = table[name]
                kind = _KINDS.get(type_, ColumnKind.TEXT)
                beside = (variant_name(name, word) for word in KIND_WORDS)
                variants = tuple(identifier(each) for each in beside if each in table)
                is_decimal = kind is ColumnKind.DECIMAL
                found[column] = Placed(identifier(name), kind, scale if is_decimal else None, variants)
        return found

    @override
    def deleted_at(self, delivery: Delivery) -> str | None:
        return identifier(DELETED_AT) if DELETED_AT in self._known().get(delivery.table, {}) else None

    @override
    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with _told():
            return self._warehouse.query(sql)

    @override
    def close(self) -> None:
        self._warehouse.close()

    def table(self, delivery: Delivery) -> str:
        """The whole name of a delivery's table, as it stands in a statement."""
        return qualified(self._settings.schema, delivery.table)

    def _known(self) -> dict[str, dict[str, tuple[str, int]]]:
        if self._tables is None:
            self._tables = {}
            listed = statement("list_columns", schema_name=literal(self._settings.schema))
            for table, column, type_, _bytes, _digits, scale, _remark in self.query(listed):
                self._tables.setdefault(table, {})[column] = (type_, scale or 0)
        return self._tables


@contextmanager
def _told() -> Iterator[None]:
    """What the warehouse refuses, as an error for the person on call."""
    try:
        yield
    except (Refused, ConnectionLost) as error:
        raise DeliveryError(f"the warehouse did not answer the check: {error}") from None
