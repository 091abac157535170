"""Lists that name a thing once for each way that leads to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dif_kit.decode._around import Around

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.decode._ports import Body, Record

__all__ = ["Distinct"]


@dataclass(frozen=True, slots=True)
class Distinct(Around):
    """The records of ``inner``, of those with the same ``keys`` in one body the first.

    For a list of parents that may hold one twice, as a customer that is below two managers: its children would be read
    twice. The keys that were seen are held in memory.
    """

    keys: tuple[str, ...]
    is_text: bool = False

    def records(self, body: Body) -> Iterator[Record]:
        """Each record once; one without its keys is never taken for another."""
        seen: set[tuple[object, ...]] = set()
        for record in self.inner.records(body):
            key = tuple(record.get(name) for name in self.keys)
            if None in key or key not in seen:
                seen.add(key)
                yield record
