"""What budgets in shadow would have delayed, told now and then."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

__all__ = ["Shadow"]

_LOGGER = logging.getLogger(__name__)

TELL_EVERY_SECONDS: Final = 10.0


@dataclass(slots=True)
class _Untold:
    starts: int = 0
    seconds: float = 0.0
    told_at: float = float("-inf")


class Shadow:
    """Adds up the delays of each budget, so that a busy one does not fill the log."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._untold: dict[tuple[str, str], _Untold] = defaultdict(_Untold)

    def note(self, budget: str, why: str, seconds: float) -> None:
        """A start of ``budget`` would have waited so long; ``why`` is the policy that would have held it."""
        with self._lock:
            untold = self._untold[budget, why]
            untold.starts += 1
            untold.seconds += seconds
            now = time.monotonic()
            if now - untold.told_at < TELL_EVERY_SECONDS:
                return
            starts, seconds = untold.starts, untold.seconds
            self._untold[budget, why] = _Untold(told_at=now)
        _LOGGER.warning(
            "budget %r (%s) is in shadow: %d starts went at once that would have waited %.1f s", budget, why, starts,
            seconds,
        )  # fmt: skip
