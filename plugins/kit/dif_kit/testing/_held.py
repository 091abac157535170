"""Rows as a target would hold them, to compare what a tap sent with what a provider has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dif_kit.tap import Tap

__all__ = ["held"]

_PLACES = 6


def held(tap: type[Tap], stream: str, rows: Iterable[Mapping[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """A stream's rows by primary key, the latest wins; a column that is not there is NULL, numbers have six places."""
    keys = next(kind.primary_keys for kind in tap.stream_types if kind.name == stream)
    return {
        tuple(row.get(key) for key in keys): {name: _number(value) for name, value in row.items() if value is not None}
        for row in rows
    }


def _number(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return round(float(value), _PLACES) if isinstance(value, int | float) and not isinstance(value, bool) else value
