"""The days that a unit covers, as rows of a table: a day that was read is known even if it has no row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from target_redshift._sql import literal, statement

if TYPE_CHECKING:
    from dif_kit.target import Manifest

    from target_redshift._connection import Warehouse
    from target_redshift._settings import Settings

__all__ = ["note_windows"]

_MOST_ROWS: Final = 500  # a statement: 500 windows of a long partition stay far below Redshift's 16 MB


def note_windows(warehouse: Warehouse, settings: Settings, manifest: Manifest, finished_at: str) -> None:
    """Note the windows of a unit, in the transaction of its rows; ``finished_at`` is the delivery's, as a literal.

    Raises:
        Refused, ConnectionLost: as `Warehouse.execute` does.
    """
    known = [literal(each) for each in (manifest.delivery_id, manifest.run_id, manifest.client, manifest.tap)]
    rows = []
    for window in manifest.windows:
        keys = json.dumps(window.partition, sort_keys=True, separators=(",", ":"))
        cells = (*known, *map(literal, (manifest.stream, keys, window.from_, window.to)), finished_at)
        rows.append(f"({', '.join(cells)})")
    for start in range(0, len(rows), _MOST_ROWS):
        windows = ",\n    ".join(rows[start : start + _MOST_ROWS])
        warehouse.execute(statement("record_windows", covered=settings.windows, windows=windows))
