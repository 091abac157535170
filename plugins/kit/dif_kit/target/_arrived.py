"""What has arrived of each stream, and whether that is what the tap says it sent."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from typing_extensions import override

from dif_kit.delivery import UNSEALED, Checksums, Seals
from dif_kit.errors import DeliveryError
from dif_kit.target._ports import Received

if TYPE_CHECKING:
    from dif_kit.delivery import Receipt

__all__ = ["Arrived", "MappedArrived"]


class Arrived:
    """The count of records and the checksum of the lines that came, stream by stream."""

    def __init__(self) -> None:
        self._records: Counter[str] = Counter()
        self._checksums = Checksums()
        self._seals = Seals()
        self._is_sealed: bool | None = None

    def take(self, stream: str, lines: bytes | memoryview, records: int = 0) -> None:
        """Take note of whole lines of a stream, with so many records in them."""
        self._records[stream] += records
        self._checksums.add(stream, lines)

    def take_batch(self, stream: str, records: int) -> None:
        """Take note of records that a file held; their line was a BATCH."""
        self._records[stream] += records

    def of(self, stream: str) -> Received | None:
        """What came of a stream so far; None if nothing did."""
        checksum = self._checksums.of(stream)
        return None if checksum is None else Received(self._records[stream], checksum)

    def require(self, receipt: Receipt | None, state: bytes, line: int) -> None:
        """Compare a STATE and its receipt, if it has one, with what came before it.

        Every STATE is looked at, not the last alone: what is told becomes the bookmark of the next run, and what was
        lost before it would never be asked for again.

        Raises:
            DeliveryError: a line of a stream, or a STATE, was lost, doubled, moved or altered between the two.
        """
        seal = UNSEALED if receipt is None else receipt.seal
        self._is_sealed = seal != UNSEALED if self._is_sealed is None else self._is_sealed
        if self._is_sealed and (seal == UNSEALED or not self._seals.fits(state, seal)):
            raise _lost(f"the STATE in line {line} of the input, or the one before it, is not as the tap wrote it")
        if receipt is not None:
            self._require_streams(receipt)

    def require_no_more(self, receipt: Receipt) -> None:
        """Compare the receipt of a tap that is done with all that came.

        Raises:
            DeliveryError: lines came after it, or a stream that the tap did not send.
        """
        self._require_streams(receipt)
        strange = sorted(self._records.keys() - receipt.streams) if self._is_sealed else []
        if strange:
            raise _lost(f"the tap sent no stream {strange[0]!r}, {self._records[strange[0]]} records of it arrived")

    def _require_streams(self, receipt: Receipt) -> None:
        for stream, sent in receipt.streams.items():
            arrived = self._records[stream]
            if sent.records != arrived:
                raise _lost(f"the tap sent {sent.records} records of stream {stream!r}, {arrived} arrived")
            if sent.checksum not in {None, self._checksums.of(stream)}:
                raise _lost(
                    f"the {arrived} records of stream {stream!r} that arrived are not those the tap sent (checksum "
                    f"{self._checksums.of(stream)}, not {sent.checksum})"
                )


class MappedArrived(Arrived):
    """Where a mapper stands between the two: what comes is not what the tap sent, so there is nothing to compare."""

    @override
    def require(self, receipt: Receipt | None, state: bytes, line: int) -> None:
        """Nothing."""

    @override
    def require_no_more(self, receipt: Receipt) -> None:
        """Nothing."""


def _lost(what: str) -> DeliveryError:
    return DeliveryError(
        f"{what}: lines were lost or altered between the two; nothing after the last STATE is committed, run again "
        "(if a mapper stands between them, set `mapper_between`)"
    )
