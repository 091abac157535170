"""The overview of destinations."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from dif_site._words import code, table

if TYPE_CHECKING:
    from dif_kit.target import Target

__all__ = ["destinations"]


def destinations(targets: list[type[Target]]) -> str:
    """The page of all targets, with what each takes."""
    head = ["destination", "support", "what", "staged on", "longest text", "longest row"]
    rows = [
        [
            f"[{target.name}]({target.name}.md)",
            f'<span class="support {target.support}">{target.support}</span>',
            inspect.cleandoc(target.__doc__ or "").partition("\n\n")[0],
            ", ".join(code(f"{scheme}://") for scheme in target.schemes),
            _size(target.max_text_bytes),
            _size(target.max_row_bytes),
        ]
        for target in targets
    ]
    return "\n".join(["# Destinations", "", "Every target, as its code states it.", "", *table(head, rows)])


def _size(limit: int | None) -> str:
    return "any" if limit is None else f"{limit:,} bytes"
