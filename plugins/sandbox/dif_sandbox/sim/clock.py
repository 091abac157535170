"""The simulated world's time: it stands where it was put, or follows the machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["Clock"]


class Clock:
    """A movable clock.

    A moment that was set stands still, so that two readers of one simulated moment see the same data; without one
    the clock follows real time.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now

    def now(self) -> datetime:
        """The simulated moment, in UTC."""
        return self._now or datetime.now(UTC)

    def timestamp(self) -> int:
        """The simulated moment in whole seconds since 1970."""
        return int(self.now().timestamp())

    def set(self, now: datetime | None) -> None:
        """Stand at a moment, or follow real time again."""
        self._now = now

    @staticmethod
    def parse(text: str) -> datetime:
        """A moment from ISO 8601; without an offset it is UTC.

        Raises:
            ValueError: it is no ISO 8601 moment.
        """
        try:
            moment = datetime.fromisoformat(text)
        except (ValueError, TypeError) as wrong:
            message = f"now is {text!r}, which is no ISO 8601 moment such as 2026-11-01T23:30:00Z"
            raise ValueError(message) from wrong
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
