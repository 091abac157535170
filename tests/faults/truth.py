"""The rows of the source as functions of a number; standard library alone, for the source must start at once."""

from __future__ import annotations

from typing import Any

__all__ = ["KEYS", "SCHEMAS", "is_bad", "key", "latest", "place", "row"]

BAD_EVERY = 37
SKUS = 41
NAMES = ("plain", 'with "quotes", and commas', "two\nlines", "back\\slash \\N", "Zoë 🦊 漢字", "")

KEYS = {"orders": ("id",), "prices": ("sku",)}
"""``orders`` has a row a place; ``prices`` comes back to the same keys, of which the latest row counts."""

_PLACES = {"orders": "id", "prices": "version"}
_NULLABLE_TEXT = {"type": ["null", "string"]}
SCHEMAS: dict[str, dict[str, Any]] = {
    "orders": {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": "string"},
            "amount": {"type": "number", "multipleOf": 0.01},
            "rate": {"type": "number"},
            "is_paid": {"type": "boolean"},
            "at": {"type": "string", "format": "date-time"},
            "day": {"type": "string", "format": "date"},
            "items": {"type": "array"},
            "note": _NULLABLE_TEXT,
        },
    },
    "prices": {
        "type": "object",
        "properties": {
            "sku": {"type": "string"},
            "version": {"type": "integer"},
            "price": {"type": "number", "multipleOf": 0.01},
        },
    },
}


def is_bad(stream: str, number: int) -> bool:
    """Whether the row at a place is one that no column takes."""
    return stream == "orders" and number % BAD_EVERY == 0


def row(stream: str, number: int) -> dict[str, Any]:
    """The record at a place of a stream, places count from 1."""
    if stream == "prices":
        return {"sku": f"sku-{number * 7 % SKUS}", "version": number, "price": number / 4}
    return {
        "id": number,
        "name": f"{NAMES[number % len(NAMES)]}{number if number % 5 else ''}",
        "amount": "n/a" if is_bad(stream, number) else number / 4,
        "rate": number / 8,
        "is_paid": number % 3 == 0,
        "at": f"2026-10-{number % 28 + 1:02d}T{number % 24:02d}:00:00.25Z",
        "day": f"2026-10-{number % 28 + 1:02d}",
        "items": [{"sku": f"sku-{number % SKUS}", "count": number % 4, "tags": [None, True, 'a "b"']}],
        "note": None if number % 2 else f"{number} " + "padding " * (number % 30),
    }


def place(stream: str, found: dict[str, Any]) -> int:
    """The place that a row, as found anywhere, says it has."""
    return int(found[_PLACES[stream]])


def key(stream: str, number: int) -> str:
    """The key of the row at a place."""
    return str(row(stream, number)[KEYS[stream][0]])


def latest(stream: str, until: int) -> dict[str, int]:
    """The good rows that count once the source has sent the places up to ``until``: place by key."""
    return {key(stream, number): number for number in range(1, until + 1) if not is_bad(stream, number)}
