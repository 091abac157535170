"""The port to whoever keeps a mirror of what was delivered, so that every run is seen, whoever started it."""

from __future__ import annotations

import os
from collections.abc import Sequence  # noqa: TC003 - msgspec reads the annotation
from datetime import datetime  # noqa: TC003 - msgspec reads the annotation
from typing import Final, Protocol

import msgspec

from dif_kit._extensions import extensions
from dif_kit.delivery._receipt import Window  # noqa: TC001 - msgspec reads the annotation

__all__ = ["Delivered", "Mirror", "open_mirror"]

_GROUP: Final = "dif_kit.mirrors"
_URL: Final = "DIF_LEDGER_URL"


class Delivered(msgspec.Struct, frozen=True):
    """A unit that a destination has committed: rows staged, loaded and superseded, what of them was put aside.

    ``destination`` is the target's name, ``manifest`` the unit's URL; ``records_received`` and ``checksum`` are what
    had come of the stream by then.
    """

    run_id: str
    client: str
    tap: str
    stream: str
    unit: int
    destination: str
    manifest: str
    rows: int
    loaded: int
    quarantined: int
    committed_at: datetime
    bytes: int
    covered: Sequence[Window] = ()
    records_received: int | None = None
    checksum: str | None = None
    superseded: int | None = None


class Mirror(Protocol):
    """Where deliveries are shown that stand elsewhere: what it loses can be made anew."""

    def note(self, delivered: Sequence[Delivered]) -> None:
        """Show these, all or none; one that is shown already stays as it is. Raise DeliveryError."""

    def close(self) -> None:
        """Let go of the connection."""


def open_mirror() -> Mirror | None:
    """The mirror that the environment names by ``DIF_LEDGER_URL``, not connected yet; None if it names none.

    A package that has one has an entry point of the group ``dif_kit.mirrors``: a function that takes the URL. That may
    hold a password, so it is no setting of a target: Meltano would write it to disk.
    """
    url = os.environ.get(_URL)
    if not url:
        return None
    for point in extensions(_GROUP).values():
        mirror: Mirror = point.load()(url)
        return mirror
    return None
