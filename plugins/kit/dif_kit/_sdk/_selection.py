"""What the catalog selects of a stream's columns, for whole pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.helpers._catalog import pop_deselected_record_properties

if TYPE_CHECKING:
    from singer_sdk.singerlib import SelectionMask

    from dif_kit.emit import Rows

__all__ = ["Selection"]


class Selection:
    """The catalog's choice of columns, and of properties inside them."""

    def __init__(self, schema: dict[str, Any], mask: SelectionMask) -> None:
        self._schema = schema
        self._mask = mask
        #: Columns in which something is deselected: the others need no look.
        self._concerned = {crumbs[1] for crumbs, is_selected in mask.items() if len(crumbs) > 1 and not is_selected}

    def includes(self, column: str) -> bool:
        """Whether a column is selected."""
        return self._mask["properties", column]

    def clear(self, rows: Rows) -> None:
        """Take out of the rows what is deselected, as the SDK takes it out of each record."""
        for column in self._concerned & rows.layout.attributes.keys():
            if not self.includes(column):
                rows.drop([column])
                continue
            for value in rows.values(column):
                if isinstance(value, dict):
                    pop_deselected_record_properties(value, self._schema, self._mask, ("properties", column))
