"""What a run met with on its way, as one line of its log; it differs from run to run, so STATE must not hold it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FailedRequest", "Incidents"]

_LINE: Final = re.compile(r"met with (\{.*\})")


class FailedRequest(msgspec.Struct, frozen=True):
    """A request that was given up, with nothing secret in its address; ``status`` None: no answer came."""

    method: str
    url: str
    status: int | None = None


class Incidents(msgspec.Struct, frozen=True, omit_defaults=True):
    """How long a run waited for budgets, how often it asked again, and the last request that it gave up."""

    waited_seconds: float = 0.0
    retries: int = 0
    request: FailedRequest | None = None

    def line(self) -> str:
        """The words that `find` reads."""
        return f"met with {msgspec.json.encode(self).decode()}"

    @classmethod
    def find(cls, lines: Sequence[str]) -> Incidents:
        """The last that a log tells; none of anything if it tells none."""
        for line in reversed(lines):
            if found := _LINE.search(line):
                try:
                    return msgspec.json.decode(found[1], type=cls)
                except msgspec.DecodeError:
                    continue
        return cls()
