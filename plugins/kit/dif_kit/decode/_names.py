"""Columns under other names than a file's header gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ColumnNames"]

_NO_PART_OF_A_NAME: Final = re.compile(r"[^0-9a-z]+")


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """What the columns of a header are called: ``Country Code`` is ``country_code``, ``ROI (%)`` is ``roi``.

    ``known`` names those for which the provider has another word than its header, such as ``{"Site ID": "af_siteid"}``.
    Names that match the expression ``kept`` stay as they are, for a decoder that reads more from them.
    """

    known: Mapping[str, str] = field(default_factory=dict, hash=False)
    kept: str | None = None

    def of(self, header: str) -> str:
        """The column's name; the header itself where nothing would be left of it."""
        header = header.strip()
        if header in self.known:
            return self.known[header]
        if self.kept is not None and re.fullmatch(self.kept, header):
            return header
        return _NO_PART_OF_A_NAME.sub("_", header.lower()).strip("_") or header
