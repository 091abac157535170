"""The page: one HTML file that needs no server, no network and no font of its own."""

from __future__ import annotations

from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_ledger._levels import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dif_ledger._grid import Cell, Run

__all__ = ["page"]

_RUNS: Final = 21  # of a channel: three weeks of a daily one
_STATES: Final = [state.value for state in State]


def page(cells: Sequence[Cell], now: datetime, title: str) -> str:
    """The whole file. What clients and providers said is data in it: the script writes it as text, never as markup."""
    folder = files("dif_ledger").joinpath("page")
    shell = Template(folder.joinpath("page.html").read_text())
    return shell.substitute(
        title=_escaped(title),
        style=folder.joinpath("page.css").read_text(),
        script=folder.joinpath("page.js").read_text(),
        data=_json(_data(cells, now, title)),
    )


def _data(cells: Sequence[Cell], now: datetime, title: str) -> dict[str, Any]:
    """The cells with short names, for there are thousands."""
    taps = sorted({cell.tap for cell in cells})
    clients: dict[str, dict[str, Any]] = {}
    for cell in cells:
        clients.setdefault(cell.client, {})[str(taps.index(cell.tap))] = _cell(cell)
    return {
        "at": int(now.timestamp()),
        "title": title,
        "states": _STATES,
        "taps": taps,
        "clients": list(clients.items()),
    }


def _cell(cell: Cell) -> dict[str, Any]:
    worst = cell.worst
    streams = [
        [each.stream, each.state.rank, each.cause, each.message, each.fresh_day, each.rows, each.usual_rows]
        for each in cell.verdicts
    ]
    return {
        "s": worst.state.rank,
        "c": worst.cause,
        "m": worst.message,
        "f": cell.fresh_day,
        "d": worst.due_day,
        "a": cell.age_hours,
        "t": streams,
        "r": [_run(run) for run in cell.runs[-_RUNS:]],
    }


def _run(run: Run) -> list[Any]:
    """What is told of a run; of one that ended well the figures only."""
    figures = [int(run.started_at.timestamp()), run.seconds, run.status, run.rows, run.rejected, run.run_id, run.kind]
    if run.status == "done":
        return figures
    return [*figures, run.cause, run.message, run.waited_seconds, run.retries, run.command, run.request]


def _json(data: object) -> str:
    """JSON that cannot end the element it stands in."""
    text = msgspec.json.encode(data).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
