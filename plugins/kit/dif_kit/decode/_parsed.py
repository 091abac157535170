"""JSON that stands in a field of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dif_kit.decode._around import Around
from dif_kit.decode._json import parse_json
from dif_kit.decode._ports import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.decode._ports import Body, Record

__all__ = ["Parsed"]


@dataclass(frozen=True, slots=True)
class Parsed(Around):
    """The records of ``inner`` with texts that are an object or array of JSON, in ``columns``, as what they are.

    Whoever sends an event may write anything there: another text, a torn document, stays the text that it is.
    """

    columns: tuple[str, ...]

    def records(self, body: Body) -> Iterator[Record]:
        """The records, changed in place."""
        for record in self.inner.records(body):
            for column in self.columns:
                value = record.get(column)
                if isinstance(value, str) and value[:1] in ("{", "["):
                    record[column] = _parsed(value)
            yield record


def _parsed(text: str) -> object:
    try:
        found: object = parse_json(text.encode())
    except (UndecodableError, UnicodeError):
        return text
    return found
