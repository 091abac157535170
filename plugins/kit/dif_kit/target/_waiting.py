"""What came and is not staged, or not delivered, yet."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from dif_kit.target._messages import Message, field_of
from dif_kit.target._rows import Records

if TYPE_CHECKING:
    from dif_kit.target._settings import Settings

__all__ = ["Since", "Waiting"]

_RECORD, _EXTRACTED = attrgetter("record"), attrgetter("time_extracted")
_VERSION, _SEQUENCE = attrgetter("version"), attrgetter("dif_sequence")


@dataclass(slots=True)
class Waiting:
    """RECORDs of one stream that came and are not staged yet."""

    lines: list[int] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def records(self, base: int, received_at: str) -> Records:
        """The records; in the order of all rows they stand after ``base``, or where they stood when they first came.

        Raises:
            DeliveryError: a place is no integer.
        """
        raws = list(map(_RECORD, self.messages))
        sequences = [base + line for line in self.lines]
        replayed = list(map(_SEQUENCE, self.messages))
        if any(replayed):
            told = zip(self.lines, sequences, replayed, strict=True)
            sequences = [field_of(text, int, line) if text else place for line, place, text in told]
        return Records(
            raws=raws,
            extracted=list(map(_EXTRACTED, self.messages)),
            lines=self.lines,
            sequences=sequences,
            received_at=received_at,
            versions=list(map(_VERSION, self.messages)),
            originals=raws,
        )


class Since:
    """What came since the last checkpoint."""

    def __init__(self) -> None:
        self.rows = 0
        self.bytes = 0
        self._began = time.monotonic()

    def is_over(self, settings: Settings) -> bool:
        """Whether it is enough for the next."""
        return (
            self.rows >= settings.checkpoint_rows
            or self.bytes >= settings.checkpoint_bytes
            or time.monotonic() - self._began >= settings.checkpoint_seconds
        )
