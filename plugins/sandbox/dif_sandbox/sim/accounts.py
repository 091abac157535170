"""Who is served: the clients of a channel, each with its own app, and their ad accounts' money and time zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["MICROS", "WITHOUT_CENTS", "App", "Market"]

MICROS = 1_000_000
"""Micro units in one unit of any currency."""

WITHOUT_CENTS = {"JPY", "KRW", "CLP"}


@dataclass(frozen=True, slots=True)
class Market:
    """Where an ad account does business."""

    country: str
    currency: str
    zone: ZoneInfo

    @property
    def smallest_micros(self) -> int:
        """The micro units of the smallest amount that the currency knows."""
        return MICROS if self.currency in WITHOUT_CENTS else MICROS // 100


@dataclass(frozen=True, slots=True)
class App:
    """The credentials of one client's own app, and the user who authorised it."""

    client: str
    client_id: str
    client_secret: str
    refresh_token: str
    scopes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"App(client={self.client!r})"
