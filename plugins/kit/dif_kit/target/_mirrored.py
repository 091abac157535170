"""What was delivered is told to a mirror; that this fails is said, and ends nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from typing_extensions import override

from dif_kit.target._ports import Destination

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.delivery import Mirror, Receipt
    from dif_kit.target._ports import Noted, StagedUnit, StreamSchema

__all__ = ["MirroredDestination"]

_LOG = logging.getLogger(__name__)


class MirroredDestination(Destination):
    """A destination whose deliveries a mirror hears of, once they are committed and before STATE is told.

    ``target`` is its name. What it takes at the end of the run only waits until then. After the first failure the
    mirror is left alone: a load is not slowed down by who only looks on.
    """

    def __init__(self, destination: Destination, mirror: Mirror, target: str) -> None:
        self._destination = destination
        self._mirror: Mirror | None = mirror
        self._target = target
        self._waiting: list[StagedUnit] = []

    @override
    def prepare(self, schema: StreamSchema) -> None:
        self._destination.prepare(schema)

    @override
    def deliver(self, units: Sequence[StagedUnit]) -> None:
        self._destination.deliver(units)
        self._tell(units)

    @override
    def finish(self, receipt: Receipt | None) -> None:
        self._destination.finish(receipt)
        self._tell(())

    @override
    def noted(self, units: Sequence[StagedUnit]) -> Sequence[Noted]:
        return self._destination.noted(units)

    @override
    def close(self) -> None:
        try:
            self._destination.close()
        finally:
            self._leave()

    def _tell(self, units: Sequence[StagedUnit]) -> None:
        if self._mirror is None:
            return
        self._waiting += units
        if not self._waiting:
            return
        try:
            noted = self._destination.noted(self._waiting)
            self._mirror.note([each.delivered(self._target) for each in noted])
        except Exception as error:  # noqa: BLE001 - whatever happens to a mirror, the rows are delivered
            manifest = self._waiting[0].manifest
            again = f"ledger rebuild {manifest.client} {manifest.tap} {self._target}"
            _LOG.warning("the ledger does not hear what this run delivers (%s): `%s` makes up for it", error, again)
            self._leave()
            return
        told = {each.manifest.url for each in noted}
        self._waiting = [unit for unit in self._waiting if unit.manifest.url not in told]

    def _leave(self) -> None:
        mirror, self._mirror = self._mirror, None
        self._waiting = []
        if mirror is not None:
            mirror.close()
