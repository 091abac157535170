"""The rows that targets wrote, in one form whatever their notation: so that only equal work is compared."""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from _ads import SCHEMA, rows

__all__ = ["require_same"]

SCALARS = [name for name, facts in SCHEMA["properties"].items() if name not in ("labels", "targeting")]
NUMBERS = {"impressions", "clicks", "cost_micros", "ctr", "conversions", "conversion_value", "video_views"}


def require_same(who: str, files: Iterable[Path], count: int) -> None:
    """Compare what lies in the files with the source, row by row, in the 23 columns that all name alike.

    Raises:
        SystemExit: a row is missing, is there twice or differs.
    """
    found = sorted((_form(row) for path in files for row in _read(path)), key=lambda row: row[6])
    wanted = sorted(map(_form, rows(count)), key=lambda row: row[6])
    if len(found) != len(wanted):
        sys.exit(f"bench: {who} wrote {len(found):,} of {len(wanted):,} rows")
    for mine, source in zip(found, wanted, strict=True):
        if mine != source:
            differing = [pair for pair in zip(SCALARS, mine, source, strict=True) if pair[1] != pair[2]]
            sys.exit(f"bench: {who} wrote another row than came: {differing}")


def _read(path: Path) -> Iterator[Mapping[str, Any]]:
    opened = gzip.open(path, "rt", newline="", encoding="utf-8") if path.suffix == ".gz" else path.open(newline="")
    with opened as text:
        yield from csv.DictReader(text)


def _form(row: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(_value(name, row.get(name)) for name in SCALARS)


def _value(name: str, value: Any) -> object:
    if value in (None, "", "\\N"):
        return None
    if name in NUMBERS:
        return float(value)
    if name == "is_active":
        return str(value).lower()
    if name.endswith("_at"):
        return datetime.fromisoformat(str(value))
    return json.dumps(value).strip('"') if not isinstance(value, str) else value
