"""The provider's own totals, asked for anew, against what stands in the warehouse."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from dif_kit.delivery import SourceTotals
from dif_kit.errors import ConfigError, DeliveryError, ExtractionError
from dif_kit.target import read_bytes

from dif_ledger._catalog import only, root_of
from dif_ledger._totals import day_of
from dif_ledger._verify import Difference, Verified

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dif_kit.target import DeliveredTables, Delivery

__all__ = ["Asked", "AskedDirect", "AskedMeltano", "compare", "totals_of"]

_ROUNDING: Final = Decimal("0.000001")  # what a sum of doubles may be off, as a part of it
_PLACE: Final = "provider"
Sums = dict[tuple[str, ...], dict[str, Decimal]]
"""By day and by the values of the columns that split it: the sum of each figure."""


def totals_of(catalog: Mapping[str, Any], loaded: Iterable[str]) -> dict[str, SourceTotals]:
    """The totals of those loaded streams that have some; a stream of totals is compared with itself, asked anew.

    Raises:
        ConfigError: none has.
    """
    stated: dict[str, SourceTotals] = {}
    for entry in catalog["streams"]:
        if (told := root_of(entry).get("dif.totals")) is not None:
            totals = stated[entry["tap_stream_id"]] = msgspec.convert(told, SourceTotals)
            stated.setdefault(totals.stream, totals)
    found = {name: stated[name] for name in loaded if name in stated}
    if not found:
        names = ", ".join(sorted(stated)) or "none of its streams"
        raise ConfigError(
            f"the provider's totals: the tap knows them of {names}, and none of these was delivered: leave out --source"
        )
    return found


class Asked(Protocol):
    """A tap that is asked for some of its streams and days."""

    def command(self, streams: Sequence[str], days: tuple[str, str], folder: Path) -> list[str]:
        """What to start; files that it needs go into the folder."""

    def environment(self, streams: Sequence[str], days: tuple[str, str]) -> dict[str, str]:
        """What to start it with, besides what is there."""


@dataclass(frozen=True, slots=True)
class AskedDirect:
    """The tap itself, with a config file; days and streams take the place of its own."""

    tap: str
    config: str
    catalog: Mapping[str, Any]

    def command(self, streams: Sequence[str], days: tuple[str, str], folder: Path) -> list[str]:
        """Config, days, and a catalog in which these streams alone are selected."""
        (folder / "days.json").write_text(json.dumps({"start_date": days[0], "end_date": days[1]}))
        (folder / "catalog.json").write_text(json.dumps(only(self.catalog, streams)))
        configs = ["--config", self.config, "--config", str(folder / "days.json")]
        return [self.tap, *configs, "--catalog", str(folder / "catalog.json")]

    def environment(self, _streams: Sequence[str], _days: tuple[str, str]) -> dict[str, str]:
        """Nothing more."""
        return {}


@dataclass(frozen=True, slots=True)
class AskedMeltano:
    """``meltano invoke`` of a client's tap: it reads no STATE and keeps none."""

    client: str
    tap: str

    def command(self, _streams: Sequence[str], _days: tuple[str, str], _folder: Path) -> list[str]:
        """Everything else is in the environment."""
        return ["meltano", f"--environment={self.client}", "--log-level=error", "invoke", self.tap]

    def environment(self, streams: Sequence[str], days: tuple[str, str]) -> dict[str, str]:
        """The settings that Meltano gives to the tap."""
        prefix = self.tap.upper().replace("-", "_")
        return {
            f"{prefix}_START_DATE": days[0],
            f"{prefix}_END_DATE": days[1],
            f"{prefix}__SELECT": json.dumps([f"{stream}.*" for stream in streams]),
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        }


def ask(asked: Asked, totals: Iterable[SourceTotals], days: tuple[str, str]) -> dict[str, Sums]:
    """What the provider says of these days now, by stream of totals. It is asked with a backfill's weight.

    Raises:
        ConfigError: the tap cannot be started.
        DeliveryError: it did not come to a good end, so that something may be missing.
    """
    wanted = {each.stream: each for each in totals}
    found: dict[str, Sums] = {name: defaultdict(lambda: defaultdict(Decimal)) for name in wanted}
    day_columns: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="dif-source-") as folder, tempfile.TemporaryFile() as said:
        command = asked.command(list(wanted), days, Path(folder))
        environment = {**os.environ, "DIF_PRIORITY": "backfill", **asked.environment(list(wanted), days)}
        try:
            tap = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=environment)  # noqa: S603
        except OSError as error:
            raise ConfigError(f"{command[0]} cannot be started: {error.strerror}") from None
        assert tap.stdout is not None  # noqa: S101 - asked for above
        with tap.stdout as lines:
            for line in lines:
                message = json.loads(line, parse_float=Decimal)
                stream = message.get("stream")
                if message["type"] == "SCHEMA":
                    day_columns[stream] = (message.get("bookmark_properties") or [""])[0]
                elif message["type"] == "RECORD" and stream in wanted:
                    _add(found[stream], message["record"], wanted[stream], day_columns[stream])
        if tap.wait():
            said.seek(0)
            last = said.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise DeliveryError(f"the provider's totals did not come: {last}")
    return found


def compare(
    tables: DeliveredTables,
    deliveries: Mapping[str, Sequence[Delivery]],
    totals: Mapping[str, SourceTotals],
    asked: Asked,
    *,
    days: tuple[str, str],
    endpoint_url: str | None,
) -> list[Verified]:
    """The streams' sums in the warehouse against the provider's totals, day by day.

    Raises:
        ConfigError, DeliveryError: as `ask`, or the warehouse does not answer.
    """
    stated = ask(asked, totals.values(), days)
    results = []
    for stream, each in totals.items():
        here = _in_table(tables, deliveries[stream], each, days, endpoint_url)
        there = stated[each.stream]
        differences = []
        for key in sorted({*here, *there}):
            for figure in each.figures:
                ours, theirs = (sums.get(key, {}).get(figure, Decimal(0)) for sums in (here, there))
                if abs(ours - theirs) > _margin(ours, theirs, each.tolerance):
                    of = ", ".join(f"{name} {value}" for name, value in zip(each.by, key[1:], strict=True))
                    column = f"{figure} of {of}" if of else figure
                    texts = _text(ours), _text(theirs)
                    differences.append(Difference(stream, key[0], column, "provider's total", *texts, _PLACE))
        compared = {key[0] for key in (*here, *there)}
        results.append(Verified(stream, 0, 0, len(compared), len(each.figures), tuple(differences)))
    return results


def _add(sums: Sums, record: Mapping[str, Any], totals: SourceTotals, day: str) -> None:
    key = (str(record.get(day) or "")[:10], *(str(record.get(name)) for name in totals.by))
    for figure in totals.figures:
        told = record.get(figure) or 0
        try:
            sums[key][figure] += Decimal(str(told))
        except InvalidOperation:
            message = f"the provider's total of {figure} in {totals.stream!r} is {told!r}, no number: has it changed"
            raise ExtractionError(f"{message} its columns? --source cannot compare them") from None


def _in_table(
    tables: DeliveredTables,
    deliveries: Sequence[Delivery],
    totals: SourceTotals,
    days: tuple[str, str],
    endpoint_url: str | None,
) -> Sums:
    last = deliveries[-1]
    schema = msgspec.json.decode(read_bytes(f"{last.manifest_url.rpartition('/')[0]}/schema.json", endpoint_url))
    day = (schema.get("bookmark_properties") or [""])[0]
    places = tables.places(last, [day, *totals.by, *totals.figures])
    if missing := {day, *totals.by, *totals.figures} - set(places):
        raise DeliveryError(f"the table of {last.stream!r} has no column for {', '.join(sorted(missing))}")
    when = day_of(places[day].kind, places[day].name)
    split = ", ".join(f"CAST({places[name].name} AS VARCHAR)" for name in totals.by)
    keys = ", ".join(filter(None, (when, split)))
    summed = ", ".join(f"SUM({places[figure].name})" for figure in totals.figures)
    deleted = tables.deleted_at(last)
    alive = f" AND {deleted} IS NULL" if deleted is not None else ""
    numbers = ", ".join(str(place) for place in range(1, 2 + len(totals.by)))
    sql = (
        f"SELECT {keys}, {summed} FROM {tables.table(last)} "  # noqa: S608
        f"WHERE {when} BETWEEN '{days[0]}' AND '{days[1]}'{alive} GROUP BY {numbers}"
    )
    width = 1 + len(totals.by)
    return {
        tuple(str(value) for value in row[:width]): {
            figure: Decimal(str(value or 0)) for figure, value in zip(totals.figures, row[width:], strict=True)
        }
        for row in tables.query(sql)
    }


def _margin(ours: Decimal, theirs: Decimal, tolerance: float) -> Decimal:
    """By how much two sums of a figure may be apart; whole numbers are added up exactly."""
    is_whole = ours == ours.to_integral_value() and theirs == theirs.to_integral_value()
    rounding = Decimal(0) if is_whole else _ROUNDING
    return max(Decimal(str(tolerance)), rounding) * max(abs(ours), abs(theirs))


def _text(value: Decimal) -> str:
    return format(value.normalize() if value else Decimal(0), "f")
