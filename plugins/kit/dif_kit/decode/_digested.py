"""An id for records that have none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from dif_kit.decode._around import Around

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.decode._ports import Body, Record

__all__ = ["Digested"]


@dataclass(frozen=True, slots=True)
class Digested(Around):
    """The records of ``inner`` with a column ``column``: a digest (32 hex digits) of what they hold in ``of``.

    Records that say the same in all of ``of`` are one; a column that is missing counts as null.
    """

    column: str
    of: tuple[str, ...]
    is_text: bool = False

    def records(self, body: Body) -> Iterator[Record]:
        """The records, each with its id."""
        for record in self.inner.records(body):
            said = msgspec.json.encode([record.get(column) for column in self.of], order="sorted")
            yield {self.column: hashlib.blake2b(said, digest_size=16).hexdigest(), **record}
