"""The rows that staged files add up to: each unit in the order of its delivery, by the rules of its load method."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
from dif_kit.errors import DeliveryError
from dif_kit.target import ColumnKind, fetch_part

from dif_ledger._totals import DayTotals, Measured, day_of, from_row, measures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dif_kit.delivery import Window
    from dif_kit.target import Manifest, Part

__all__ = ["Days", "Staged", "StagedRows"]

MEMORY: Final = "128MB"
# What is done to a share at once fits into that memory: its rows' keys in order, eight bytes for each row that goes.
_SHARE_ROWS: Final = 2_000_000
_PAGE_ROWS: Final = 1_000_000
_MOST_SHARES: Final = 256
_MERGED: Final = ("SUM", "SUM", "MIN", "MAX")  # of what `measures` counts: values, their sum, lowest, highest
_SEQUENCE: Final = "_sdc_sequence"
_VERSION: Final = "_sdc_table_version"
_COMPRESSIONS: Final = {".gz": "gzip", ".zst": "zstd"}
_TYPES: Final = {
    ColumnKind.INTEGER: "BIGINT",
    ColumnKind.NUMBER: "DOUBLE",
    ColumnKind.BOOLEAN: "BOOLEAN",
    ColumnKind.DATE: "DATE",
    ColumnKind.DATETIME: "TIMESTAMPTZ",
    ColumnKind.TIME: "TIME",
}

Days = tuple[str | None, str | None]
"""The first and the last day that count, both included; None: no end."""

Staged = tuple["Manifest", str]
"""A unit and the load method by which it was delivered."""


class StagedRows:
    """One stream's files in a database of their own on disk, so that memory does not grow with them.

    All rows of a key are in one of its shares. A share goes when its totals are made, so that what is withdrawn or
    superseded is never more than one share has: DuckDB keeps in memory what was deleted.
    """

    def __init__(
        self, columns: Sequence[Measured], keys: Sequence[str], day: str | None, days: Days, endpoint_url: str | None
    ) -> None:
        self._columns = list(columns)
        self._kinds = {column.name: column for column in columns}
        self._keys = [key for key in keys if key in self._kinds]
        self._day = day_of(self._kinds[day].kind, _quoted(day)) if day else None
        self._day_column = day
        self._days = days
        self._endpoint_url = endpoint_url
        self._folder = tempfile.TemporaryDirectory(prefix="dif-verify-")
        folder = Path(self._folder.name)
        self._database = duckdb.connect(str(folder / "rows.duckdb"))
        for setting in (
            f"memory_limit = '{MEMORY}'",
            f"temp_directory = '{folder}'",
            "preserve_insertion_order = false",
            "TimeZone = 'UTC'",
            "enable_progress_bar = false",
        ):
            self._database.execute(f"SET {setting}")
        self._shares: list[str] = []

    def close(self) -> None:
        """Leave nothing behind."""
        self._database.close()
        self._folder.cleanup()

    def totals(self, units: Sequence[Staged], *, texts: bool) -> dict[str, DayTotals]:
        """The totals by day of the rows of units in the order of their delivery; without days under the empty text.

        Raises:
            DeliveryError: a file is missing, or is not what its manifest states.
        """
        self._read(units)
        for number, share in enumerate(self._shares):
            self._withdraw(units, share)
            self._keep_latest(units, share)
            self._add_up(share, texts=texts, is_first=not number)
            self._database.execute(f"DROP TABLE {share}")
        return self._added_up()

    def _read(self, units: Sequence[Staged]) -> None:
        rows = sum(manifest.rows for manifest, _ in units)
        listed = ", ".join(f"{_quoted(column.name)} {_type(column)}" for column in self._columns)
        self._shares = [f"share_{number}" for number in range(min(_MOST_SHARES, max(1, -(-rows // _SHARE_ROWS))))]
        is_one = len(self._shares) == 1
        page = self._shares[0] if is_one else "page"
        for table in {page, *self._shares}:
            self._database.execute(f"CREATE TABLE {table} (_unit INTEGER, {listed})")
        held = 0
        for number, (manifest, _) in enumerate(units):
            for part, path in self._fetched(manifest.parts):
                try:
                    inserted = self._insert(page, number, manifest, path)
                except duckdb.Error as error:
                    raise DeliveryError(f"{part.url} cannot be read as its manifest says: {error}") from error
                if inserted != part.rows and not self._clipped:
                    raise DeliveryError(f"{part.url} has {inserted} rows; its manifest states {part.rows}")
                path.unlink()
                held += inserted
                if held >= _PAGE_ROWS and not is_one:
                    held = self._share_out(page)
        if held and not is_one:
            self._share_out(page)

    def _share_out(self, page: str) -> int:
        """Bring the rows of the page where they belong; how many are left in it."""
        keys = ", ".join(map(_quoted, self._keys)) or "rowid"
        for number, share in enumerate(self._shares):
            self._database.execute(
                f"INSERT INTO {share} SELECT * FROM {page} WHERE hash({keys}) % {len(self._shares)} = {number}"  # noqa: S608
            )
        self._database.execute(f"TRUNCATE {page}")
        return 0

    def _add_up(self, share: str, *, texts: bool, is_first: bool) -> None:
        """Note the totals of a share."""
        counted = ", ".join(measures(each, _quoted(each.name), "files", texts=texts) for each in self._columns)
        names = ", ".join(f"m{place}" for place in range(self._measures))
        day = self._day or "''"
        sql = f"SELECT {day}, COUNT(*), {counted} FROM {share}{self._where} GROUP BY 1"  # noqa: S608
        to = "CREATE TABLE added (day, counted, {0}) AS" if is_first else "INSERT INTO added"
        self._database.execute(f"{to.format(names)} {sql}")

    def _added_up(self) -> dict[str, DayTotals]:
        """The totals of all shares."""
        summed = ", ".join(f"{_MERGED[place % len(_MERGED)]}(m{place})" for place in range(self._measures))
        found = self._database.execute(f"SELECT day, SUM(counted), {summed} FROM added GROUP BY 1").fetchall()  # noqa: S608
        return {str(when or ""): from_row(self._columns, tuple(row)) for when, *row in found}

    @property
    def _measures(self) -> int:
        return len(_MERGED) * len(self._columns)

    def _fetched(self, parts: Iterable[Part]) -> Iterator[tuple[Part, Path]]:
        """Each part in a local file, the next one on its way meanwhile."""

        def fetch(place: int, part: Part) -> tuple[Part, Path]:
            path = Path(self._folder.name, f"{place}{''.join(Path(part.url).suffixes[-2:])}")
            fetch_part(part, path, self._endpoint_url)
            return part, path

        with ThreadPoolExecutor(1, thread_name_prefix="fetch") as pool:
            ahead = None
            for place, part in enumerate(parts):
                following = pool.submit(fetch, place, part)
                if ahead is not None:
                    yield ahead.result()
                ahead = following
            if ahead is not None:
                yield ahead.result()

    def _insert(self, table: str, number: int, manifest: Manifest, path: Path) -> int:
        """How many rows of the part were taken in."""
        kinds = {column.name: self._kinds.get(column.name) for column in manifest.columns}
        types = {name: _type(kind) if kind else "VARCHAR" for name, kind in kinds.items()}
        names = ", ".join(_quoted(name) for name, kind in kinds.items() if kind)
        longest = sum(2 * column.max_bytes + 32 for column in manifest.columns)
        reader = (
            "read_csv($path, auto_detect = false, header = true, columns = $types, delim = ',', quote = '\"', "
            "escape = '\"', nullstr = $null, allow_quoted_nulls = false, compression = $compression, "
            "max_line_size = $longest)"
        )
        given: dict[str, Any] = {
            "path": str(path),
            "types": types,
            "null": manifest.null,
            "compression": _COMPRESSIONS.get(path.suffix, "none"),
            "longest": max(2_097_152, longest),
        }
        sql = f"INSERT INTO {table} (_unit, {names}) SELECT {number}, {names} FROM {reader}{self._clipped}"  # noqa: S608
        inserted = self._database.execute(sql, given).fetchone()
        return int(inserted[0]) if inserted else 0

    @property
    def _clipped(self) -> str:
        """The rows that are taken in: all, where one of another day may be the later version of one that counts."""
        return self._where if self._day_column in self._keys else ""

    @property
    def _where(self) -> str:
        """The rows of the days that count."""
        ends = [f"{self._day} {sign} '{end}'" for sign, end in zip((">=", "<="), self._days, strict=True) if end]
        return f" WHERE {' AND '.join(ends)}" if ends and self._day else ""

    def _withdraw(self, units: Sequence[Staged], share: str) -> None:
        """Take away what a later unit says is gone: days that it covers, older versions, all that was there before."""
        for number, (manifest, method) in enumerate(units):
            if method == "overwrite":
                earlier = [place for place in range(number) if units[place][0].run_id != manifest.run_id]
                if earlier:
                    self._database.execute(f"DELETE FROM {share} WHERE _unit <= {earlier[-1]}")  # noqa: S608
            if method == "replace" and self._day and _SEQUENCE in self._kinds:
                for window in manifest.windows:
                    self._withdraw_days(share, number, manifest.first_sequence, window)
            if manifest.activates_version is not None and _VERSION in self._kinds:
                gone = f"({_VERSION} IS NULL OR {_VERSION} < {manifest.activates_version})"
                self._database.execute(f"DELETE FROM {share} WHERE _unit <= {number} AND {gone}")  # noqa: S608

    def _withdraw_days(self, share: str, number: int, sequence: int, window: Window) -> None:
        of_partition = "".join(
            f" AND CAST({_quoted(key)} AS VARCHAR) IS NOT DISTINCT FROM ?"
            for key in window.partition
            if key in self._kinds
        )
        values = [
            None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            for key, value in window.partition.items()
            if key in self._kinds
        ]
        self._database.execute(
            f"DELETE FROM {share} WHERE _unit < {number} AND {_SEQUENCE} < {sequence} "  # noqa: S608
            f"AND {self._day} BETWEEN ? AND ?{of_partition}",
            [window.from_, window.to, *values],
        )

    def _keep_latest(self, units: Sequence[Staged], share: str) -> None:
        """Of the rows of one key the latest, unless the units were appended."""
        if not self._keys or all(method == "append" for _, method in units) or _SEQUENCE not in self._kinds:
            return
        keys = ", ".join(map(_quoted, self._keys))
        self._database.execute(
            "CREATE OR REPLACE TEMP TABLE superseded AS SELECT row FROM (SELECT rowid AS row, ROW_NUMBER() OVER ("  # noqa: S608
            f"PARTITION BY {keys} ORDER BY {_SEQUENCE} DESC, _unit DESC) AS place FROM {share}) WHERE place > 1"
        )
        self._database.execute(f"DELETE FROM {share} WHERE rowid IN (SELECT row FROM superseded)")  # noqa: S608


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _type(column: Measured) -> str:
    """DuckDB's type for a column, by what is counted of it."""
    if column.is_counted_only:
        return "VARCHAR"
    if column.kind is ColumnKind.DECIMAL:
        return f"DECIMAL(38, {column.scale or 0})"
    return _TYPES.get(column.kind, "VARCHAR")
