"""The receipt as it travels in STATE under one key: opaque to other targets, checked by ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.delivery._checksum import UNSEALED

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RECEIPT_KEY", "FailedPartition", "Receipt", "StreamReceipt", "Window"]

RECEIPT_KEY: Final = "dif"


class Window(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Calendar days, first and last both included, that a run covered for one partition."""

    partition: dict[str, Any]
    from_: str
    to: str


class FailedPartition(msgspec.Struct, frozen=True):
    """A partition whose rows are missing from the run, with the reason in words."""

    stream: str
    partition: dict[str, Any]
    reason: str


class StreamReceipt(msgspec.Struct):
    """What one stream sent in this run; ``checksum`` is of its lines (`Checksums`), None if the tap makes none."""

    records: int = 0
    checksum: str | None = None
    windows: list[Window] = []


class Receipt(msgspec.Struct):
    """What one run of a tap sent, up to the STATE that holds it.

    ``complete`` is true only in the last STATE of a run that lost nothing. ``seal`` is of the text of
    that STATE (`Seals`); it stands last.
    """

    run_id: str
    streams: dict[str, StreamReceipt] = {}
    failed: list[FailedPartition] = []
    complete: bool = False
    seal: str = UNSEALED

    def to_state(self) -> dict[str, Any]:
        """The receipt as plain JSON types, for ``state[RECEIPT_KEY]``."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Receipt | None:
        """The receipt in a STATE value; None where the tap is not one of ours.

        Raises:
            msgspec.ValidationError: the key is there but does not hold a receipt.
        """
        held = state.get(RECEIPT_KEY)
        return None if held is None else msgspec.convert(held, cls)
