"""What a destination answers to somebody who checks it: its deliveries, where columns went, and any question in SQL."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotation
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from dif_kit._extensions import extensions
from dif_kit.errors import ConfigError
from dif_kit.target._ports import ColumnKind  # noqa: TC001 - msgspec reads the annotation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["DeliveredTables", "Delivery", "Placed", "open_tables"]

_GROUP = "dif_kit.warehouses"


class Delivery(msgspec.Struct, frozen=True):
    """One unit as the destination noted it in the transaction of its rows.

    ``table`` is its bare name; ``records_received`` and ``checksum`` are the manifest's `Received`. The rows staged are
    those loaded, and those ``superseded``: a later row of their key came.
    """

    run_id: str
    client: str
    tap: str
    stream: str
    unit: int
    table: str
    manifest_url: str
    rows_staged: int
    rows_loaded: int
    rows_quarantined: int
    load_method: str
    finished_at: datetime
    records_received: int | None = None
    checksum: str | None = None
    rows_superseded: int | None = None


class Placed(msgspec.Struct, frozen=True):
    """Where the values of a stream's column are. Names stand in a statement as they are.

    ``kind`` is what the table's column holds, which may be wider than the stream's: a text takes a number, too.
    ``variants`` are the columns beside it that took values of other kinds.
    """

    name: str
    kind: ColumnKind
    scale: int | None = None
    variants: tuple[str, ...] = ()


class DeliveredTables(Protocol):
    """A destination's tables, read only. Every method raises ConfigError, CredentialError or DeliveryError."""

    def deliveries(self, tap: str, run_id: str | None = None) -> list[Delivery]:
        """What was delivered of a tap, by one run or all, in the order in which it was."""

    def places(self, delivery: Delivery, columns: Sequence[str]) -> dict[str, Placed]:
        """Where the columns of a delivery's stream are in its table; one that the table has not is left out."""

    def table(self, delivery: Delivery) -> str:
        """The whole name of a delivery's table, as it stands in a statement."""

    def deleted_at(self, delivery: Delivery) -> str | None:
        """The column that tells when a row was dropped without being deleted, if the table has one."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of an answer."""

    def close(self) -> None:
        """Let go of the connection."""


def open_tables(target: str, config: Mapping[str, Any]) -> DeliveredTables | None:
    """The tables that a target with this config delivers to; None where it delivers files and nothing else.

    A target with tables has an entry point of the group ``dif_kit.warehouses``: a function that takes the config.

    Raises:
        ConfigError: the config is not the target's.
    """
    point = extensions(_GROUP).get(target)
    if point is None:
        return None
    try:
        opened: DeliveredTables = point.load()(config)
    except KeyError as error:
        raise ConfigError(f"the config of {target} lacks {error}") from None
    return opened
