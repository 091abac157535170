"""What a query of GraphQL selects, written from the paths at which its columns are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["selection"]


def selection(paths: Iterable[str], unions: Mapping[str, Sequence[str]] | None = None) -> str:
    """A selection set with the field at each dotted path: ``{ id price { amount } }`` for ``id`` and ``price.amount``.

    ``unions`` names fields that hold one of several types, with these: what is selected below is asked of each of them.
    There is a space behind each brace, so that none is taken for a hole in a template.
    """
    tree: dict[str, dict[str, object]] = {}
    for path in paths:
        place: dict[str, object] = tree  # type: ignore[assignment]  # each level holds the next one
        for name in path.split("."):
            place = place.setdefault(name, {})  # type: ignore[assignment]
    return _written(tree, unions or {})


def _written(tree: Mapping[str, object], unions: Mapping[str, Sequence[str]]) -> str:
    return "{ " + " ".join(_field(name, below, unions) for name, below in tree.items()) + " }"


def _field(name: str, below: object, unions: Mapping[str, Sequence[str]]) -> str:
    if not isinstance(below, dict) or not below:
        return name
    inside = _written(below, unions)
    if name in unions:
        inside = "{ " + " ".join(f"... on {kind} {inside}" for kind in unions[name]) + " }"
    return f"{name} {inside}"
