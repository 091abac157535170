"""What a report or a bulk download is packed in: a ZIP with one CSV."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.encodings import Payload, delimited, zipped
from dif_sandbox.sim.microsoft_ads._reports import last_completed, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from dif_sandbox.sim.microsoft_ads._reports import Order
    from dif_sandbox.sim.microsoft_ads._world import Row, World
    from dif_sandbox.sim.world import Account

__all__ = ["bulk_file", "report_file"]

FOOTER: Final = "©2026 Microsoft Corporation. All rights reserved. "
PERCENTS: Final = frozenset({"Ctr", "ConversionRate", "AllConversionRate"})


def report_file(world: World, account: Account, order: Order, now: datetime) -> Payload | None:
    """The file of a report as it is known at `now`; None without rows."""
    found = list(rows(world, account, order, now))
    if not found:
        return None
    mark = f"{last_completed(world.clock.now()):%m/%d/%Y %I:%M:%S %p} (GMT)"
    span = ", ".join(f"{day:%m/%d/%Y}" for day in dict.fromkeys((order.first, order.last)))
    told = {
        "Report Name": order.name,
        "Report Time": span,
        "Time Zone": f"({order.zone})",
        "Last Completed Available Day": mark,
        "Last Completed Available Hour": mark,
        "Report Aggregation": order.aggregation,
        "Report Filter": "",
        "Potential Incomplete Data": "true",
        "Rows": len(found),
    }
    above = [*([f"{name}: {value}"] for name, value in told.items()), []] if order.has_header else []

    def chunks() -> Iterator[bytes]:
        text = delimited(
            (_written(row, order) for row in found), order.columns, charset="utf-8-sig", preamble=above, null="--",
            footer=[[], [FOOTER]] if order.has_footer else (), quoting=csv.QUOTE_ALL,
        )  # fmt: skip
        yield from zipped([(f"{order.name}.csv", text)])

    return Payload("application/zip", chunks)


def bulk_file(records: Sequence[Row], account: Account) -> Payload:
    """The file of a bulk download, format version 6.0: what is in no column of a record is empty."""
    columns = list(dict.fromkeys(name for record in records for name in record)) or ["Type", "Status", "Id"]
    head: list[Row] = [
        {"Type": "Format Version", "Name": "6.0"},
        {"Type": "Account", "Status": "Active", "Id": account.id, "Sync Time": "11/20/2026 10:00:00"},
    ]
    header = list(dict.fromkeys((*columns, "Name", "Sync Time")))

    def chunks() -> Iterator[bytes]:
        text = delimited([*head, *records], header, charset="utf-8-sig", quoting=csv.QUOTE_MINIMAL)
        yield from zipped([(f"{account.id}.csv", text)])

    return Payload("application/zip", chunks)


def _written(row: Row, order: Order) -> dict[str, Any]:
    cells = {name: _cell(name, value) for name, value in row.items() if name not in {order.day, "Hour"}}
    day = row[order.day]
    told = f"{day:%m/%d/%Y}" if order.day == "Date" else str(day)
    return {**cells, order.day: f"{told}|{row['Hour']}" if order.is_hourly else told}


def _cell(name: str, value: Any) -> Any:  # noqa: ANN401 - a figure or a word
    if name in PERCENTS and value is not None:
        return f"{value:,.2f}%"
    return f"{value:.2f}" if isinstance(value, float) else value
