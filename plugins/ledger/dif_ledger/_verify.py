"""Files, warehouse and receipts of one stream, compared total by total."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec
from dif_kit.errors import DeliveryError
from dif_kit.target import ColumnKind, read_bytes, read_manifest

from dif_ledger._totals import DayTotals, Measured, Total, day_of, from_row, measures
from dif_ledger._verify_files import StagedRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dif_kit.target import Column, DeliveredTables, Delivery, Manifest, Placed

    from dif_ledger._facts import Database
    from dif_ledger._verify_files import Days, Staged

__all__ = ["Difference", "Verified", "unaccounted", "verify_stream", "without_tables"]

_COLUMNS_A_QUESTION: Final = 200  # Redshift takes 1,664 expressions in a list of answers
_NOTHING: Final = Total(0)


class Difference(msgspec.Struct, frozen=True):
    """One total that is not the same in two places. ``day`` is empty where it is of the whole stream."""

    stream: str
    day: str
    column: str
    what: str
    files: str
    other: str
    place: str = "warehouse"


class Verified(msgspec.Struct, frozen=True):
    """What was compared of a stream, what differs, and what could be counted only."""

    stream: str
    units: int
    rows: int
    days: int
    columns: int
    differences: tuple[Difference, ...]
    counted_only: tuple[str, ...] = ()


def verify_stream(
    tables: DeliveredTables,
    deliveries: Sequence[Delivery],
    days: Days = (None, None),
    endpoint_url: str | None = None,
    *,
    texts: bool = False,
) -> Verified:
    """Compare what the warehouse holds of one stream with its files and its receipts.

    ``deliveries`` are all of the stream, in their order.

    Raises:
        DeliveryError: a file is missing or altered, or the warehouse does not answer.
    """
    units = [(read_manifest(each.manifest_url, endpoint_url), each.load_method) for each in deliveries]
    repeated = [
        Difference(each.stream, "", f"unit {each.run_id}/{each.unit}", "deliveries noted", "1", str(count), "receipt")
        for each, count in Counter(deliveries).items()
        if count > 1
    ]
    receipts = [found for each, unit in zip(deliveries, units, strict=True) for found in _receipt(each, unit[0])]
    last = deliveries[-1]
    names = list(dict.fromkeys(column.name for manifest, _ in units for column in manifest.columns))
    places = tables.places(last, names)
    columns = [_measured(name, places[name], units) for name in names if name in places]
    day = _day(units[-1][0], columns, endpoint_url)
    files = _of_files(units, columns, day=day, days=days, endpoint_url=endpoint_url, texts=texts)
    loaded = _of_tables(tables, last, columns, places, day=day, days=days, texts=texts)
    missing = [Difference(last.stream, "", name, "column", "there", "missing") for name in names if name not in places]
    return Verified(
        last.stream,
        len(units),
        sum(each.rows for each in files.values()),
        len(files),
        len(columns),
        (*repeated, *receipts, *missing, *_differences(last.stream, columns, files, loaded)),
        tuple(column.name for column in columns if column.is_counted_only),
    )


def unaccounted(database: Database, target: str, config: Mapping[str, Any], found: set[str]) -> Iterator[Verified]:
    """The streams of which the ledger has mirrored units that ``found``, the manifests of all deliveries, lacks."""
    asked = (config["client"], config["tap"], target)
    missing: dict[str, list[Difference]] = {}
    for row in database.execute(
        "SELECT stream, run_id, unit, manifest FROM ledger.deliveries WHERE client = %s AND tap = %s "
        "AND destination = %s ORDER BY stream, committed_at",
        asked,
    ):
        if row["manifest"] not in found:
            unit = f"unit {row['run_id']}/{row['unit']}"
            lost = Difference(row["stream"], "", unit, "delivery", "mirrored by the ledger", "not noted", "receipt")
            missing.setdefault(row["stream"], []).append(lost)
    for stream, lost_units in missing.items():
        yield Verified(stream, 0, 0, 0, 0, tuple(lost_units))


def without_tables(
    manifests: Sequence[Manifest], days: Days = (None, None), endpoint_url: str | None = None
) -> tuple[Verified, dict[str, DayTotals]]:
    """Read a stream's files as their manifests state them, where there is no warehouse behind; their totals by day.

    Raises:
        DeliveryError: a file is missing or altered.
    """
    units = [(manifest, "append") for manifest in manifests]
    kinds = {column.name: column for manifest in manifests for column in manifest.columns}
    columns = [_as_stated(column, units) for column in kinds.values()]
    day = _day(manifests[-1], columns, endpoint_url)
    files = _of_files(units, columns, day=day, days=days, endpoint_url=endpoint_url, texts=False)
    rows = sum(each.rows for each in files.values())
    return Verified(manifests[-1].stream, len(units), rows, len(files), len(columns), ()), files


def _receipt(delivery: Delivery, manifest: Manifest) -> Iterator[Difference]:
    """Where the warehouse's own note of a unit is not what the unit's manifest states."""
    pairs = (
        ("rows staged", manifest.rows, delivery.rows_staged),
        ("rows put aside", manifest.quarantined, delivery.rows_quarantined),
        *_pairs_loaded(delivery, manifest),
        *_pairs_received(delivery, manifest),
        ("rows of its files", sum(part.rows for part in manifest.parts), manifest.rows),
    )
    for what, stated, noted in pairs:
        if stated != noted:
            unit = f"unit {manifest.run_id}/{manifest.unit}"
            yield Difference(manifest.stream, "", unit, what, str(stated), str(noted), "receipt")


def _pairs_loaded(delivery: Delivery, manifest: Manifest) -> Iterator[tuple[str, object, object]]:
    """What became of the rows; a delivery from before this was noted says nothing of those that were superseded."""
    if delivery.rows_superseded is not None:
        yield "rows loaded or superseded", manifest.rows, delivery.rows_loaded + delivery.rows_superseded


def _pairs_received(delivery: Delivery, manifest: Manifest) -> Iterator[tuple[str, object, object]]:
    """What had come from the tap; a delivery from before this was noted says nothing of it."""
    received = manifest.received
    if received is not None and delivery.checksum is not None:
        yield "records received", received.records, delivery.records_received
        yield "checksum received", received.checksum, delivery.checksum


def _measured(name: str, placed: Placed, units: Sequence[Staged]) -> Measured:
    """A column as the table holds it; only counted where its values have been of several kinds."""
    return Measured(name, placed.kind, placed.scale, bool(placed.variants) or _changes(name, units, placed.kind))


def _as_stated(column: Column, units: Sequence[Staged]) -> Measured:
    scales = [each.scale or 0 for manifest, _ in units for each in manifest.columns if each.name == column.name]
    return Measured(column.name, column.kind, max(scales), _changes(column.name, units, column.kind))


def _changes(name: str, units: Sequence[Staged], kind: ColumnKind) -> bool:
    kinds = {column.kind for manifest, _ in units for column in manifest.columns if column.name == name}
    return len(kinds | {kind}) > 1 and kind not in (ColumnKind.TEXT, ColumnKind.DECIMAL)


def _day(manifest: Manifest, columns: Sequence[Measured], endpoint_url: str | None) -> str | None:
    """The column that holds a row's day: the stream's one bookmark, where that is a day or a moment."""
    schema = msgspec.json.decode(read_bytes(f"{manifest.url.rpartition('/')[0]}/schema.json", endpoint_url))
    bookmarks = schema.get("bookmark_properties") or []
    kinds = {column.name: column.kind for column in columns if not column.is_counted_only}
    if len(bookmarks) != 1 or day_of(kinds.get(bookmarks[0], ColumnKind.NESTED), "") is None:
        return None
    return str(bookmarks[0])


def _of_files(
    units: Sequence[Staged],
    columns: Sequence[Measured],
    *,
    day: str | None,
    days: Days,
    endpoint_url: str | None,
    texts: bool,
) -> dict[str, DayTotals]:
    with closing(StagedRows(columns, units[-1][0].key_properties, day, days, endpoint_url)) as rows:
        return rows.totals(units, texts=texts)


def _of_tables(
    tables: DeliveredTables,
    delivery: Delivery,
    columns: Sequence[Measured],
    places: Mapping[str, Placed],
    *,
    day: str | None,
    days: Days,
    texts: bool,
) -> dict[str, DayTotals]:
    """The same totals of the table, in one question for every two hundred columns."""
    when = "''"
    conditions = []
    if day is not None:
        when = day_of(places[day].kind, places[day].name) or when
        conditions += [f"{when} {sign} '{end}'" for sign, end in zip((">=", "<="), days, strict=True) if end]
    if (deleted := tables.deleted_at(delivery)) is not None:
        conditions.append(f"{deleted} IS NULL")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    found: dict[str, DayTotals] = {}
    for start in range(0, len(columns), _COLUMNS_A_QUESTION):
        asked = list(columns[start : start + _COLUMNS_A_QUESTION])
        counted = ", ".join(
            measures(each, places[each.name].name, "tables", variants=places[each.name].variants, texts=texts)
            for each in asked
        )
        sql = f"SELECT {when}, COUNT(*), {counted} FROM {tables.table(delivery)}{where} GROUP BY 1"  # noqa: S608
        for each_day, *row in tables.query(sql):
            totals = from_row(asked, _exact(row))
            before = found.get(str(each_day or ""))
            found[str(each_day or "")] = (
                totals if before is None else DayTotals(totals.rows, {**before.columns, **totals.columns})
            )
    return found


def _exact(row: Sequence[Any]) -> tuple[Any, ...]:
    if any(isinstance(value, float) and value != value for value in row):  # noqa: PLR0124 - NaN
        raise DeliveryError("the warehouse holds NaN, which no tap can have sent")
    return tuple(row)


def _differences(
    stream: str, columns: Sequence[Measured], files: Mapping[str, DayTotals], loaded: Mapping[str, DayTotals]
) -> Iterator[Difference]:
    nothing = DayTotals(0, {})
    for day in sorted({*files, *loaded}):
        here, there = files.get(day, nothing), loaded.get(day, nothing)
        if here.rows != there.rows:
            yield Difference(stream, day, "", "rows", str(here.rows), str(there.rows))
        for column in columns:
            one, other = here.columns.get(column.name, _NOTHING), there.columns.get(column.name, _NOTHING)
            for what in ("count", "sum", "lowest", "highest"):
                first, second = getattr(one, what), getattr(other, what)
                if first != second:
                    yield Difference(stream, day, column.name, what, _text(first), _text(second))


def _text(value: object) -> str:
    if value is None:
        return "none"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
